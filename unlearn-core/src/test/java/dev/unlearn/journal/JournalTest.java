package dev.unlearn.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.Decision;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class JournalTest {
  private static final byte[] KEY = {1, 2, 3};
  private static final List<EpochRecord> RECORDS =
      List.of(EpochRecords.of(0), EpochRecords.of(1), withBest(2));

  /** Odd, as every other byte becomes a line's end; every opening waits for the disk. */
  private static final int STRIDE = 13;

  @TempDir Path folder;
  private NDManager manager;
  private NDArray weights;
  private NDArray step;

  private static EpochRecord withBest(int epoch) {
    return EpochRecords.of(
        epoch, Decision.proceed(), Optional.of(new EpochRecord.Best(epoch, 0.25)));
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
    weights = manager.create(new float[] {0, Float.NaN, -0f});
    step = manager.create(new long[] {7});
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void open_again() {
    writeRun();
    NDArray target = manager.zeros(weights.getShape());
    int arrays = manager.getManagedArrays().size();

    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, otherBatch())) {
      Resumed resumed = journal.resumed().orElseThrow();
      resumed.state().orElseThrow().load("weights/", Map.of("a.b", target));

      assertThat(resumed.records()).isEqualTo(RECORDS);
      assertThat(journal.header()).isEqualTo(EpochRecords.header());
      assertThat(resumed.best().orElseThrow().names()).containsExactly("weights/a.b");
      assertThatThrownBy(() -> resumed.state().get().load("weights/", Map.of("a.b", step)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be int64 of shape [1], but is F32 of shape [3]");
      assertThatThrownBy(() -> resumed.state().get().load("weights/", Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(target.toFloatArray()).containsExactly(2f, Float.NaN, 2f);
    assertThat(manager.getManagedArrays()).hasSize(arrays);
    assertThat(folder).isDirectoryNotContaining("glob:**/state-1.safetensors");
  }

  @Test
  void open_otherRun() {
    writeRun();
    JournalHeader header = EpochRecords.header();

    assertRefused(
        KEY,
        new JournalHeader(
            Map.of("objective", "npo"), header.versions(), header.fingerprints(), Map.of()),
        "same setting objective, but it was: ascent, and is now: npo");
    assertRefused(
        KEY,
        new JournalHeader(header.settings(), Map.of(), header.fingerprints(), Map.of()),
        "same version java, but it was: 17, and is now: absent");
    assertRefused(
        KEY,
        new JournalHeader(
            header.settings(), header.versions(), Map.of("forgetSet", "f1"), Map.of()),
        "same forgetSet, but it differs");
    assertRefused(new byte[] {9}, header, "another model, or under another digestKey");
  }

  @Test
  void open_journalCutOrChanged() throws IOException {
    writeRun();
    Path file = folder.resolve("journal");
    Map<String, byte[]> files = contents();
    byte[] whole = files.get("journal");
    for (int i = 0; i < whole.length; i += STRIDE) {
      restore(files);
      Files.write(file, Arrays.copyOf(whole, i));
      assertPrefixOrRefused(i);

      byte[] changed = whole.clone();
      changed[i] ^= i % 2 == 0 ? 1 : (byte) (changed[i] ^ '\n');
      restore(files);
      Files.write(file, changed);
      if (changed[i] != whole[i]) {
        assertPrefixOrRefused(i);
      }
    }
  }

  @Test
  void open_linesDroppedOrMoved() throws IOException {
    writeRun();
    Path file = folder.resolve("journal");
    List<String> lines = Files.readAllLines(file);
    Files.writeString(
        file, String.join("\n", lines.get(0), lines.get(2), lines.get(3)) + "\n", UTF_8);
    assertRefused(KEY, EpochRecords.header(), "journal line 2 was changed; deleting the folder");
  }

  @Test
  void open_stateChangedOrMissing() throws IOException {
    writeRun();
    for (String name : List.of("state-2.safetensors", "best-2.safetensors")) {
      Map<String, byte[]> files = contents();
      byte[] whole = files.get(name);
      for (int i = 0; i < whole.length; i += STRIDE) {
        byte[] changed = whole.clone();
        changed[i] ^= 1;
        Files.write(folder.resolve(name), changed);
        assertRefused(KEY, EpochRecords.header(), "was changed or cut off");
      }
      Files.delete(folder.resolve(name));
      assertRefused(KEY, EpochRecords.header(), "is missing");
      restore(files);
    }
  }

  @Test
  void open_afterCrashBeforeItsLine() throws IOException {
    writeRun();
    Path unused = Files.createFile(folder.resolve("state-4.safetensors.tmp"));
    unused = Files.createFile(folder.resolve("state-3.safetensors"));
    Files.writeString(folder.resolve("journal"), "ab", APPEND);

    assertThat(records()).isEqualTo(RECORDS);
    assertThat(contents()).containsOnlyKeys("journal", "state-2.safetensors", "best-2.safetensors");
  }

  @Test
  void append_fails() throws IOException {
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      journal.append(RECORDS.get(0), state(), Optional.empty());
      // A folder in the file's place makes the move fail.
      Path blocker = Files.createDirectories(folder.resolve("state-1.safetensors/x"));
      assertThatThrownBy(() -> journal.append(RECORDS.get(1), state(), Optional.empty()))
          .isInstanceOf(UnlearningException.class)
          .hasMessageContaining("state-1.safetensors");
      Files.delete(blocker);
      Files.delete(blocker.getParent());
    }
    assertThat(contents()).containsOnlyKeys("journal", "state-0.safetensors");
    assertThat(records()).isEqualTo(RECORDS.subList(0, 1));
  }

  private void writeRun() {
    int arrays = manager.getManagedArrays().size();
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      assertThat(journal.resumed()).isEmpty();
      journal.append(RECORDS.get(0), Optional.empty(), Optional.empty());
      weights.addi(1);
      journal.append(RECORDS.get(1), state(), Optional.empty());
      weights.addi(1);
      journal.append(RECORDS.get(2), state(), Optional.of(Map.of("weights/a.b", weights)));
    }
    assertThat(manager.getManagedArrays()).hasSize(arrays);
  }

  private Optional<Map<String, NDArray>> state() {
    return Optional.of(Map.of("weights/a.b", weights, "optimizer/step", step));
  }

  private static JournalHeader otherBatch() {
    JournalHeader header = EpochRecords.header();
    return new JournalHeader(
        header.settings(), header.versions(), header.fingerprints(), Map.of("batch", 1L));
  }

  private List<EpochRecord> records() {
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      return journal.resumed().map(Resumed::records).orElse(List.of());
    }
  }

  private void assertPrefixOrRefused(int position) {
    try {
      List<EpochRecord> records = records();
      assertThat(records).as("at %d", position).isEqualTo(RECORDS.subList(0, records.size()));
    } catch (UnlearningException e) {
      assertThat(e).hasMessageEndingWith("; deleting the folder begins anew");
    }
  }

  private void assertRefused(byte[] key, JournalHeader header, String message) {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertThatThrownBy(() -> Journal.open(directory, key, header))
          .isInstanceOfAny(UnlearningException.class, IllegalArgumentException.class)
          .hasMessageContaining(message);
    }
  }

  private Map<String, byte[]> contents() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    for (Path file : WorkDirectory.list(folder)) {
      if (!file.endsWith("lock")) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private void restore(Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }
}
