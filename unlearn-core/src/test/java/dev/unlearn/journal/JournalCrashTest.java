package dev.unlearn.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a crash leaves of what a run does to its folder, the run can go on. */
@Tag("engine")
final class JournalCrashTest {
  @TempDir Path folder;
  private WrittenRun run;

  /** The folder before the last epoch was appended, and after it. */
  private Map<String, byte[]> before;

  private Map<String, byte[]> after;

  @BeforeEach
  void write() throws IOException {
    run = new WrittenRun(folder);
    run.writeUpTo(2);
    before = run.files();
    run.writeUpTo(3);
    after = run.files();
    assertThat(before).containsOnlyKeys("journal", "state-1.safetensors", "best-1.safetensors");
    assertThat(after).containsOnlyKeys("journal", "state-2.safetensors", "best-2.safetensors");
  }

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void append_crashAnywhere() throws IOException {
    Map<String, byte[]> files = new TreeMap<>(before);
    for (String name : List.of("state-2.safetensors", "best-2.safetensors")) {
      byte[] whole = after.get(name);
      for (int length : new int[] {0, 1, whole.length / 2, whole.length}) {
        assertGoesOn(files, name + ".tmp", Arrays.copyOf(whole, length), 2);
      }
      files.put(name, whole);
      assertGoesOn(files, name, whole, 2);
    }
    byte[] journal = after.get("journal");
    int begin = before.get("journal").length;
    for (int length = begin; length < journal.length; length += 97) {
      assertGoesOn(files, "journal", Arrays.copyOf(journal, length), 2);
      // The size may be on the disk before the bytes, and the end before the middle.
      byte[] zeros = Arrays.copyOf(Arrays.copyOf(journal, length), journal.length);
      assertGoesOn(files, "journal", zeros, 2);
      zeros[journal.length - 1] = '\n';
      assertGoesOn(files, "journal", zeros, 2);
    }
    assertGoesOn(files, "journal", Arrays.copyOf(journal, journal.length - 1), 2);
    files.put("journal", journal);
    assertGoesOn(files, "journal", journal, 3);
    for (String name : List.of("state-1.safetensors", "best-1.safetensors")) {
      byte[] unused = files.remove(name);
      assertGoesOn(files, "journal", journal, 3);
    }
    assertThat(files).containsOnlyKeys(after.keySet());
  }

  @Test
  void open_crashWhileItBegins() throws IOException {
    byte[] journal = before.get("journal");
    for (int length : new int[] {0, 1, 64, 65, 66, 100}) {
      assertGoesOn(Map.of(), "journal", Arrays.copyOf(journal, length), 0);
    }
  }

  @Test
  void snapshot_crashWhileItIsTaken() throws IOException {
    assertGoesOn(before, "original.safetensors", new byte[5], 2);
    assertGoesOn(before, "original.safetensors.tmp", new byte[5], 2);
  }

  /** The journal is the first to go: without it the arrays are of no run. */
  @Test
  void deleteAll_crashAnywhere() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>(after);
    byte[] journal = files.remove("journal");
    assertThat(journal).isNotNull();
    for (String name : after.keySet()) {
      run.setFiles(files);
      assertThat(run.read()).isEmpty();
      assertThat(run.files()).containsOnlyKeys("journal");
      byte[] unused = files.remove(name);
    }
    run.setFiles(files);
    assertThat(run.read()).isEmpty();
  }

  /** Asserts how many epochs are there, and that the folder becomes as if nothing had happened. */
  private void assertGoesOn(Map<String, byte[]> left, String name, byte[] content, int epochs)
      throws IOException {
    Map<String, byte[]> files = new TreeMap<>(left);
    files.put(name, content);
    run.setFiles(files);
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertThat(run.read(directory))
          .as("%s with %s of %d bytes", left.keySet(), name, content.length)
          .isEqualTo(WrittenRun.RECORDS.subList(0, epochs));
    }
    if (epochs == 2) {
      assertSame(before);
    }
    run.writeUpTo(3);
    assertSame(after);
  }

  private void assertSame(Map<String, byte[]> expected) throws IOException {
    Map<String, byte[]> files = run.files();
    assertThat(files).containsOnlyKeys(expected.keySet());
    expected.forEach((name, bytes) -> assertThat(files.get(name)).as(name).isEqualTo(bytes));
  }
}
