package dev.unlearn.journal;

import static dev.unlearn.journal.WrittenRun.KEY;
import static dev.unlearn.journal.WrittenRun.RECORDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.HostValues;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class JournalTest {
  @TempDir Path folder;
  private WrittenRun run;

  @BeforeEach
  void open() {
    run = new WrittenRun(folder);
  }

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void open_again() {
    NDManager manager = run.manager();
    NDArray weights = manager.zeros(new Shape(3));
    NDArray step = manager.zeros(new Shape(1), DataType.INT64);
    int arrays = manager.getManagedArrays().size();
    run.writeUpTo(3);

    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, otherBatch())) {
      Resumed resumed = journal.resumed().orElseThrow();
      StoredState state = resumed.state().orElseThrow();
      state.load("weights/", Map.of("a.b", weights));
      state.load("optimizer/", Map.of("step", step));

      assertThat(resumed.records()).isEqualTo(RECORDS);
      assertThat(journal.header()).isEqualTo(EpochRecords.header());
      assertThat(resumed.best().orElseThrow().names()).containsExactly("weights/a.b");
      assertThatThrownBy(() -> state.load("weights/", Map.of("a.b", step)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be int64 of shape [1], but is F32 of shape [3]");
      assertThatThrownBy(() -> state.load("weights/", Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(HostValues.floats(weights)).containsExactly(2f, Float.NaN, 2f);
    assertThat(HostValues.longs(step)).containsExactly(7);
    assertThat(manager.getManagedArrays()).hasSize(arrays);
    assertThat(folder).isDirectoryNotContaining("glob:**/state-1.safetensors");
  }

  @Test
  void open_otherRun() {
    run.writeUpTo(1);
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

  /** Arrays that are not written again are those of an epoch before. */
  @Test
  void append_withoutArrays() throws IOException {
    run.writeUpTo(2);
    Map<String, byte[]> before = run.files();
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      journal.append(RECORDS.get(1), Optional.empty(), Optional.empty());
    }
    assertThat(run.files()).containsOnlyKeys(before.keySet());

    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      assertThat(journal.resumed().orElseThrow().records()).hasSize(3);
      assertThat(journal.resumed().get().state()).isPresent();
      assertThat(journal.resumed().get().best()).isPresent();
      // The best epoch is another one, so its arrays are not those.
      journal.append(RECORDS.get(2), Optional.empty(), Optional.empty());
    }
    assertThat(run.files()).containsOnlyKeys("journal", "state-1.safetensors");
  }

  @Test
  void append_fails() throws IOException {
    run.writeUpTo(1);
    Map<String, byte[]> before = run.files();
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      // A folder in the file's place makes the move fail.
      Path blocker = Files.createDirectories(folder.resolve("best-1.safetensors/x"));
      assertThatThrownBy(
              () ->
                  journal.append(RECORDS.get(1), Optional.of(run.state()), Optional.of(run.best())))
          .isInstanceOf(UnlearningException.class)
          .hasMessageContaining("cannot write the file ")
          .hasMessageContaining("best-1.safetensors");
      Files.delete(blocker);
      Files.delete(blocker.getParent());
    }
    assertThat(run.files()).containsOnlyKeys(before.keySet());
    assertThat(run.read()).isEqualTo(RECORDS.subList(0, 1));
  }

  /** An interrupt closes files; it is still told from other failures. */
  @Test
  void append_interrupted() {
    run.writeUpTo(2);
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> journal.append(RECORDS.get(2), Optional.empty(), Optional.empty()))
          .isInstanceOf(UnlearningException.class)
          .hasRootCauseInstanceOf(ClosedByInterruptException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(() -> journal.append(RECORDS.get(2), Optional.empty(), Optional.empty()))
          .isInstanceOf(UnlearningException.class)
          .hasMessageContaining("could not be taken back");
    }
    assertThat(run.read()).isEqualTo(RECORDS.subList(0, 2));
  }

  private static JournalHeader otherBatch() {
    JournalHeader header = EpochRecords.header();
    return new JournalHeader(
        header.settings(), header.versions(), header.fingerprints(), Map.of("batch", 1L));
  }

  private void assertRefused(byte[] key, JournalHeader header, String message) {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertThatThrownBy(() -> Journal.open(directory, key, header))
          .isInstanceOfAny(UnlearningException.class, IllegalArgumentException.class)
          .hasMessageContaining(message);
    }
  }
}
