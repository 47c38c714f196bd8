package dev.unlearn.model.torchfile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.Bytes;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.HostileInput;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated files: each is read, with tensors inside the file, or refused by an {@link
 * UnlearningException}; quickly and without much memory. {@code -Dunlearn.fuzz=100000} says how
 * many.
 */
@Tag("fuzz")
final class TorchFileFuzzTest {
  /** Of each of the three kinds. */
  private static final int ROUNDS = Integer.getInteger("unlearn.fuzz", 2000) / 3;

  private static final HostileInput LIMITS = new HostileInput(16 << 20, 2_000_000_000L);

  /** All that the machine knows, and some that it does not. */
  private static final int[] OPCODES = {
    'N', 0x88, 0x89, 'K', 'M', 'J', 0x8a, 0x8b, 'G', 0x8c, 'X', 0x8d, '(', ')', 0x85, 0x86, 0x87,
    't', ']', 'a', 'e', '}', 's', 'u', 'q', 'r', 0x94, 'h', 'j', 'c', 0x93, 'Q', 'R', 'b', 0x95,
    '.', 0x80, 0x81, '0', '2', 'o', 'P'
  };

  private static final long[] EXTREMES = {
    0,
    1,
    4,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    Integer.MAX_VALUE,
    0xffffffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1
  };

  private final Random random = new Random(11);
  private final List<byte[]> files = new ArrayList<>();
  private final List<byte[]> pickles = new ArrayList<>();

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void readOriginals() throws IOException {
    file = folder.resolve("m.bin");
    for (String name : List.of("state_dict_protocol2.bin", "types_protocol5.bin", "trainer.bin")) {
      Path original = TorchFileTest.resource(name);
      files.add(Files.readAllBytes(original));
      try (FileChannel channel = FileChannel.open(original)) {
        StoredZip zip = StoredZip.open(name, channel);
        for (StoredZip.Entry entry : zip.entries().values()) {
          if (entry.name().endsWith("/data.pkl")) {
            pickles.add(zip.content(entry, 1 << 20).array());
          }
        }
      }
    }
  }

  @Test
  void read_mutatedFiles() throws IOException {
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Files.write(file, mutated(pick(files)));
      accepted += read() ? 1 : 0;
    }
    assertThat(accepted).isBetween(ROUNDS / 20, ROUNDS - ROUNDS / 20);
  }

  @Test
  void read_mutatedPickles() throws IOException {
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Path unused = zip(mutated(pick(pickles))).write(file);
      accepted += read() ? 1 : 0;
    }
    assertThat(accepted).isBetween(ROUNDS / 100, ROUNDS - ROUNDS / 20);
  }

  /** Opcodes at random, with small operands and now and then a whole tensor. */
  @Test
  void read_randomPickles() throws IOException {
    for (int round = 0; round < ROUNDS; round++) {
      PickleBytes pickle = new PickleBytes();
      for (int i = random.nextInt(60); i >= 0; i--) {
        appendRandom(pickle);
      }
      Path unused = zip(pickle.op('.').done()).write(file);
      boolean unusedAccepted = read();
    }
  }

  private void appendRandom(PickleBytes pickle) {
    switch (random.nextInt(8)) {
      case 0 -> pickle.text("w" + random.nextInt(3));
      case 1 -> pickle.number(EXTREMES[random.nextInt(EXTREMES.length)]);
      case 2 -> pickle.global("torch._utils", "_rebuild_tensor_v2");
      case 3 -> pickle.global("torch", random.nextBoolean() ? "FloatStorage" : "Size");
      case 4 -> pickle.tensor("FloatStorage", "0", 4, 0, new long[] {2}, new long[] {1});
      case 5 -> pickle.op('}').text("w").op(')', 's');
      default -> pickle.op(OPCODES[random.nextInt(OPCODES.length)]);
    }
  }

  private static ZipBytes zip(byte[] pickle) {
    return ZipBytes.of(pickle, new byte[96], new byte[16], new byte[16], new byte[16]);
  }

  private byte[] mutated(byte[] original) {
    byte[] bytes = original.clone();
    for (int change = random.nextInt(3); change >= 0 && bytes.length > 1; change--) {
      bytes = mutatedOnce(bytes, original);
    }
    return bytes;
  }

  private byte[] mutatedOnce(byte[] bytes, byte[] original) {
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(8)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes[at] = (byte) OPCODES[random.nextInt(OPCODES.length)];
      case 3 -> putExtreme(bytes, at);
      case 4 -> putExtreme(bytes, Math.max(0, bytes.length - 1 - random.nextInt(400)));
      case 5 -> {
        int from = random.nextInt(original.length);
        int count =
            Math.min(random.nextInt(64), Math.min(original.length - from, bytes.length - at));
        System.arraycopy(original, from, bytes, at, count);
      }
      case 6 -> {
        int end = Math.min(bytes.length, at + random.nextInt(16));
        return Bytes.concat(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, end, bytes.length));
      }
      default -> {
        int end = Math.min(bytes.length, at + random.nextInt(64));
        return random.nextInt(4) == 0
            ? Arrays.copyOf(bytes, at)
            : Bytes.concat(Arrays.copyOf(bytes, end), Arrays.copyOfRange(bytes, at, bytes.length));
      }
    }
    return bytes;
  }

  private void putExtreme(byte[] bytes, int at) {
    long value = EXTREMES[random.nextInt(EXTREMES.length)];
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    int width = Math.min(1 << random.nextInt(4), bytes.length - at);
    System.arraycopy(eight.array(), 0, bytes, at, width);
  }

  private byte[] pick(List<byte[]> from) {
    return from.get(random.nextInt(from.size()));
  }

  private boolean read() throws IOException {
    long size = Files.size(file);
    return LIMITS.accepted(
        () -> assertThat(TorchFile.read(file).values()).allMatch(tensor -> isInside(tensor, size)),
        refused -> assertThat(refused).hasMessageStartingWith(file.toString()),
        this::hex);
  }

  private String hex() {
    try {
      return HexFormat.of().formatHex(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isInside(StoredTensor tensor, long size) {
    return tensor.end() <= size && tensor.byteCount() >= 0;
  }
}
