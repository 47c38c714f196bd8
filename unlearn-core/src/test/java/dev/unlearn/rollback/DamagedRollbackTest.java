package dev.unlearn.rollback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.TinyModel;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No file that differs in anything from what was written is applied, in no part. */
@Tag("engine")
final class DamagedRollbackTest {
  private static final int SEALED_CHUNK = Chunks.SIZE + Chunks.TAG_BYTES;

  private final byte[] key = RollbackTest.bytes(1, FileKeys.BYTES);
  @TempDir private Path folder;
  private TrainableCausalLm original;
  private TrainableCausalLm now;
  private String before;
  private byte[] bytes;

  private void write(int vocabulary) throws IOException {
    String config =
        """
        {
          "model_type": "gpt2", "vocab_size": %d, "n_embd": 2, "n_layer": 1, "n_head": 1,
          "n_positions": 3, "initializer_range": 0.2
        }
        """
            .formatted(vocabulary);
    original = TinyModel.create(config, 1);
    now = TinyModel.create(config, 2);
    before = WeightsDigest.of(now);
    Path file = folder.resolve("rollback");
    Instant expires = Instant.now().plusSeconds(3600);
    Rollback.write(file, key, expires, original.parameters(), now.parameters());
    bytes = Files.readAllBytes(file);
  }

  @AfterEach
  void close() {
    assertThat(WeightsDigest.of(now)).isEqualTo(before);
    original.close();
    now.close();
  }

  @Test
  void apply_anyByteChanged() throws Exception {
    write(TinyModel.VOCABULARY);
    for (int i = 0; i < bytes.length; i++) {
      for (int change : new int[] {1, 0x80, 0xff}) {
        byte[] changed = bytes.clone();
        changed[i] ^= (byte) change;
        refused(changed);
      }
    }
  }

  @Test
  void apply_headerOfAnotherExpiry() throws Exception {
    write(TinyModel.VOCABULARY);
    for (long seconds :
        new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE, Instant.MAX.getEpochSecond()}) {
      byte[] changed = bytes.clone();
      ByteBuffer.wrap(changed).putLong(Long.BYTES, seconds);
      refused(changed);
    }
  }

  /** A length that is believed before it is checked would take all memory. */
  @Test
  void apply_headerOfAnotherLength() throws Exception {
    write(TinyModel.VOCABULARY);
    long real = ByteBuffer.wrap(bytes).getLong(2 * Long.BYTES);
    for (long length :
        new long[] {Long.MIN_VALUE, -1, 0, real - 1, real + 1, 1L << 40, Long.MAX_VALUE}) {
      byte[] changed = bytes.clone();
      ByteBuffer.wrap(changed).putLong(2 * Long.BYTES, length);
      damaged(changed);
    }
  }

  @Test
  void apply_cutOrExtended() throws Exception {
    write(TinyModel.VOCABULARY);
    for (int length = 0; length < bytes.length; length++) {
      damaged(Arrays.copyOf(bytes, length));
    }
    damaged(Arrays.copyOf(bytes, bytes.length + 1));
    damaged(Arrays.copyOf(bytes, 2 * bytes.length));
  }

  @Test
  void apply_cutAtChunks() throws Exception {
    write(300_000);
    TreeSet<Integer> lengths = new TreeSet<>();
    for (int end = Header.SIZE; end < bytes.length; end += SEALED_CHUNK) {
      lengths.addAll(List.of(end - 1, end, end + 1));
    }
    assertThat(lengths).hasSizeGreaterThan(8);
    for (int length : lengths) {
      damaged(Arrays.copyOf(bytes, length));
      // Also with a header that says so: the last chunk is marked as the last.
      damaged(withItsLength(Arrays.copyOf(bytes, length)));
    }
  }

  private static byte[] withItsLength(byte[] file) {
    if (file.length >= Header.SIZE) {
      int sealed = file.length - Header.SIZE;
      int chunks = (sealed + SEALED_CHUNK - 1) / SEALED_CHUNK;
      ByteBuffer.wrap(file).putLong(2 * Long.BYTES, sealed - chunks * Chunks.TAG_BYTES);
    }
    return file;
  }

  @Test
  void apply_chunksSwappedDoubledOrLeftOut() throws Exception {
    write(300_000);
    byte[] first = chunk(0);
    byte[] second = chunk(1);
    damaged(with(second, first));
    damaged(with(first, first));
    damaged(with(second, second));
    ByteBuffer fewer = ByteBuffer.allocate(bytes.length - SEALED_CHUNK);
    fewer.put(bytes, 0, Header.SIZE).put(bytes, Header.SIZE + SEALED_CHUNK, fewer.remaining());
    damaged(withItsLength(fewer.array()));
  }

  @Test
  void apply_chunkOfAnotherFile() throws Exception {
    write(300_000);
    byte[] mine = bytes;
    byte[] first = chunk(0);
    Path other = folder.resolve("other");
    Rollback.write(
        other, key, Instant.now().plusSeconds(3600), original.parameters(), now.parameters());
    bytes = Files.readAllBytes(other);
    byte[] mixed = with(first, chunk(1));
    assertThat(mixed).hasSameSizeAs(mine);
    damaged(mixed);
  }

  /** The arrays before the one that the damage is in were turned by then. */
  @Test
  void apply_damagedAfterTheCheck() throws Exception {
    write(300_000);
    Path file = folder.resolve("rollback");
    bytes[bytes.length - 1] ^= 1;
    try (RollbackReader reader = new RollbackReader(file, key, Instant.now())) {
      Path unused = Files.write(file, bytes);
      assertThatThrownBy(() -> reader.apply(now))
          .isInstanceOf(UnlearningException.class)
          .hasMessageStartingWith("rollback file " + file + " cannot be applied")
          .hasMessageEndingWith("the weights are as they were");
    }
  }

  private byte[] chunk(int index) {
    int begin = Header.SIZE + index * SEALED_CHUNK;
    return Arrays.copyOfRange(bytes, begin, begin + SEALED_CHUNK);
  }

  private byte[] with(byte[] first, byte[] second) {
    byte[] changed = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(changed).position(Header.SIZE).put(first).put(second);
    assertThat(buffer.hasRemaining()).isTrue();
    return changed;
  }

  private void damaged(byte[] file) throws IOException {
    assertThatThrownBy(() -> apply(file)).isInstanceOf(UnlearningException.class);
  }

  /** A header that is damaged can look like a mistake of the caller: a wrong key, a late call. */
  private void refused(byte[] file) {
    assertThatThrownBy(() -> apply(file))
        .isInstanceOfAny(UnlearningException.class, IllegalArgumentException.class);
  }

  private void apply(byte[] file) throws IOException {
    Rollback.apply(now, Files.write(folder.resolve("damaged"), file), key);
  }
}
