package dev.unlearn.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.internal.HostileInput;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated headers: each is read, with tensors inside the file, or refused in words; quickly and
 * without much memory. {@code -Dunlearn.fuzz=100000} says how many.
 */
@Tag("fuzz")
final class SafetensorsFuzzTest {
  private static final int ROUNDS = Integer.getInteger("unlearn.fuzz", 2_000);
  private static final int DATA_BYTES = 64;
  private static final HostileInput LIMITS = new HostileInput(16 << 20, 2_000_000_000L);

  private static final List<String> HEADERS =
      List.of(
          """
          {"__metadata__":{"format":"pt","lm_head.weight":"a"},
           "a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},
           "b":{"dtype":"BF16","shape":[8],"data_offsets":[32,48]},
           "c":{"dtype":"I64","shape":[],"data_offsets":[56,64]}}\
          """,
          "{\"x\":{\"shape\":[0,7],\"data_offsets\":[0,0],\"dtype\":\"U8\"}}");

  private static final List<String> PARTS =
      List.of(
          "0",
          "-1",
          "1",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "1e3",
          "null",
          "\"F32\"",
          "\"F4\"",
          "[",
          "]",
          "{",
          "}",
          ",",
          ":",
          "\"",
          "\\u0000",
          "\"a\"",
          "[1,2]",
          "\"dtype\"",
          "\"shape\":[9999999999,9999999999,9999999999]",
          "__metadata__");

  private final Random random = new Random(31);

  @TempDir Path folder;

  @Test
  void read_mutatedHeaders() throws IOException {
    Path file = folder.resolve("m.safetensors");
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Files.write(file, mutated());
      accepted += survives(file) ? 1 : 0;
    }
    assertThat(accepted).isBetween(ROUNDS / 200, ROUNDS * 19 / 20);
  }

  private static boolean survives(Path file) throws IOException {
    long size = Files.size(file);
    return LIMITS.accepted(
        () ->
            assertThat(SafetensorsFile.read(file).tensors().values())
                .allMatch(tensor -> isInside(tensor, size)),
        refused -> assertThat(refused).hasMessageStartingWith(file.toString()),
        () -> hex(file));
  }

  private static String hex(Path file) {
    try {
      return HexFormat.of().formatHex(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isInside(StoredTensor tensor, long size) {
    return tensor.position() >= Long.BYTES && tensor.end() <= size && tensor.byteCount() >= 0;
  }

  private byte[] mutated() {
    StringBuilder header = new StringBuilder(pick(HEADERS));
    for (int change = random.nextInt(3); change >= 0 && header.length() > 1; change--) {
      mutate(header);
    }
    byte[] json = header.toString().getBytes(UTF_8);
    if (random.nextInt(8) == 0 && json.length > 0) {
      json[random.nextInt(json.length)] = (byte) random.nextInt(256);
    }
    long length = random.nextInt(10) == 0 ? random.nextLong() >>> random.nextInt(64) : json.length;
    int dataBytes = random.nextInt(10) == 0 ? random.nextInt(DATA_BYTES) : DATA_BYTES;
    return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(json)
        .array();
  }

  private void mutate(StringBuilder header) {
    int at = random.nextInt(header.length());
    switch (random.nextInt(7)) {
      case 0 -> header.deleteCharAt(at);
      case 1 -> header.setCharAt(at, (char) random.nextInt(128));
      case 2 -> header.insert(at, pick(PARTS));
      case 3 -> header.setCharAt(at, (char) ('0' + random.nextInt(10)));
      case 4 -> header.insert(at, "[".repeat(random.nextInt(10_000)));
      case 5 -> header.setLength(at);
      default -> {
        int end = Math.min(header.length(), at + random.nextInt(40));
        header.insert(at, header.substring(at, end));
      }
    }
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
