package dev.unlearn.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not as it was written is refused, and then nothing is changed. */
@Tag("engine")
final class JournalDamageTest {
  private static final List<String> ARRAYS = List.of("state-2.safetensors", "best-2.safetensors");

  @TempDir(factory = InMemory.class)
  Path folder;

  private WrittenRun run;
  private Map<String, byte[]> whole;

  @BeforeEach
  void write() throws IOException {
    run = new WrittenRun(folder);
    run.writeUpTo(3);
    whole = run.files();
  }

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void open_journalCutAnywhere() throws IOException {
    byte[] journal = whole.get("journal");
    int epoch0 = lineEnd(journal, lineEnd(journal, 0));
    int epoch1 = lineEnd(journal, epoch0);
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      for (int length = 0; length < journal.length; length++) {
        Map<String, byte[]> files = with("journal", Arrays.copyOf(journal, length));
        if (length >= epoch1) { // names arrays that the last line's have replaced
          assertRefused(directory, files, "state-1.safetensors must be a file");
        } else {
          run.setFiles(files);
          assertThat(run.read(directory))
              .as("of %d bytes", length)
              .isEqualTo(WrittenRun.RECORDS.subList(0, length < epoch0 ? 0 : 1));
          assertThat(run.files()).containsOnlyKeys("journal");
        }
      }
    }
  }

  @Test
  void open_journalChangedAnywhere() throws IOException {
    byte[] journal = whole.get("journal");
    int epoch1 = lineEnd(journal, lineEnd(journal, lineEnd(journal, 0)));
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      for (int i = 0; i < journal.length; i++) {
        byte[] changed = journal.clone();
        for (byte value : new byte[] {(byte) (journal[i] ^ 1), '\n'}) {
          changed[i] = value;
          if (value != journal[i] && i != epoch1 - 1) {
            assertRefused(directory, with("journal", changed), "; deleting the folder begins anew");
          }
        }
      }
      // The last two lines become one, which is as one that was not written whole.
      byte[] changed = journal.clone();
      changed[epoch1 - 1] = ' ';
      run.setFiles(with("journal", changed));
      assertThat(run.read(directory)).isEqualTo(WrittenRun.RECORDS.subList(0, 1));
    }
  }

  @Test
  void open_arraysChangedAnywhere() throws IOException {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      for (String name : ARRAYS) {
        byte[] arrays = whole.get(name);
        for (int i = 0; i < arrays.length; i++) {
          byte[] changed = arrays.clone();
          changed[i] ^= 1;
          assertRefused(directory, with(name, changed), "was changed or cut off");
          assertRefused(directory, with(name, Arrays.copyOf(arrays, i)), "was changed or cut off");
        }
        assertRefused(
            directory,
            with(name, Arrays.copyOf(arrays, arrays.length + 1)),
            name + " must be as the journal tells, but was changed or cut off");
      }
      assertRefused(
          directory, with(ARRAYS.get(0), whole.get(ARRAYS.get(1))), "was changed or cut off");
    }
  }

  @Test
  void open_arraysMissingOrNoFile() throws IOException {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      for (String name : ARRAYS) {
        Path file = folder.resolve(name);
        Map<String, byte[]> others = with(name, new byte[0]);
        byte[] unusedBytes = others.remove(name);
        assertRefused(directory, others, name + " must be a file");

        Path target = Files.write(folder.resolve("lock"), whole.get(name));
        Path unusedLink = Files.createSymbolicLink(file, target);
        assertThatThrownBy(() -> run.read(directory))
            .isInstanceOf(UnlearningException.class)
            .hasMessageContaining("is missing or no file");
        Files.delete(file);

        Path unusedFolder = Files.createDirectory(file);
        assertThatThrownBy(() -> run.read(directory))
            .isInstanceOf(UnlearningException.class)
            .hasMessageContaining("is missing or no file");
        Files.delete(file);
      }
    }
  }

  @Test
  void open_linesDroppedOrMoved() throws IOException {
    List<String> lines = new String(whole.get("journal"), UTF_8).lines().toList();
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertLines(directory, List.of(0, 2, 3), lines, "journal line 2 was changed");
      assertLines(directory, List.of(0, 2, 1, 3), lines, "journal line 2 was changed");
      assertLines(directory, List.of(0, 1, 1, 2, 3), lines, "journal line 3 was changed");
      assertLines(directory, List.of(1, 2, 3), lines, "journal line 1 cannot be verified");
    }
  }

  private void assertLines(
      WorkDirectory directory, List<Integer> order, List<String> lines, String message)
      throws IOException {
    StringBuilder text = new StringBuilder();
    order.forEach(index -> text.append(lines.get(index)).append('\n'));
    assertRefused(directory, with("journal", text.toString().getBytes(UTF_8)), message);
  }

  /** As sparse as it is, it takes no room, nor the memory to read it. */
  @Test
  void open_journalOfAbsurdSize() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("journal").toFile(), "rw")) {
      file.setLength(ChainedFile.MAX_BYTES + 1);
    }
    assertThatThrownBy(() -> run.read())
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining("journal must have at most 1073741824 bytes, but has 1073741825");
  }

  @Test
  void open_headerThatIsOfAnotherKey() throws IOException {
    byte[] journal = whole.get("journal");
    journal[0] ^= 1;
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertRefused(
          directory,
          with("journal", Arrays.copyOf(journal, lineEnd(journal, 0))),
          "journal line 1 cannot be verified: it was written for another model, or under another"
              + " digestKey, or was changed; deleting the folder begins anew");
    }
  }

  /** A file of somebody else's, which happens to have the name, is not overwritten. */
  @ParameterizedTest
  @ValueSource(strings = {"Dear diary", "0123456789abcdef!", "abc\n"})
  void open_journalOfSomebodyElse(String text) throws IOException {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertRefused(
          directory, Map.of("journal", text.getBytes(UTF_8)), "journal line 1 cannot be verified");
    }
  }

  @Test
  void open_headerOfAnotherFormat() throws IOException {
    assertLinesRefused("line 1 must be of format 1, but is of 2", "{\"format\":2,\"new\":[]}");
  }

  /** Written under the right key, by another version or with a defect. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"format\":1}",
        "{\"format\":\"one\"}",
        "{\"format\":1,\"settings\":{\"a\":{}}}",
        "{\"format\":1,\"settings\":{},\"versions\":{},\"fingerprints\":{},\"numbers\":{}} {}"
      })
  void open_headerThatIsNone(String header) throws IOException {
    assertLinesRefused(
        "line 1 must be as this version of the library writes it, but is not", header);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"epoch\":2,|",
        "\"epoch\":2|\"epoch\":\"two\"",
        "\"epoch\":2|\"epoch\":null",
        "\"epoch\":2|\"epoch\":2e10",
        "\"epoch\":2|\"turn\":2",
        "\"kind\":\"proceed\"|\"kind\":\"stop\"",
        "\"decision\":|\"decided\":",
        ",0.95]|]",
        "\"nanos\":|\"seconds\":",
        "\"objectiveMemory\"|\"corpora\"",
        "\"name\":\"state-2.safetensors\"|\"name\":\"../state-2.safetensors\"",
        "\"name\":\"state-2.safetensors\"|\"name\":\"journal\"",
        "}$|",
        "}$|}}",
        "}$|} {}",
      })
  void open_lineThatIsNone(String change) throws IOException {
    List<String> lines = texts();
    String[] parts = change.split("\\|", -1);
    String line = lines.get(3);
    String changed =
        parts[0].endsWith("$")
            ? line.substring(0, line.length() - 1) + parts[1]
            : line.replace(parts[0], parts[1]);
    assertThat(changed).isNotEqualTo(line);
    assertLinesRefused(
        "line 4 must be as this version of the library writes it, but is not",
        lines.get(0),
        lines.get(1),
        lines.get(2),
        changed);
  }

  /** Returns the lines without what they are verified by. */
  private List<String> texts() {
    return new String(whole.get("journal"), UTF_8).lines().map(l -> l.substring(65)).toList();
  }

  private void assertLinesRefused(String message, String... texts) throws IOException {
    Path file = folder.resolve("journal");
    Files.delete(file);
    try (ChainedFile lines = ChainedFile.open(file, Hashing.hmacSha256(WrittenRun.KEY))) {
      for (String text : texts) {
        lines.append(text);
      }
    }
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      assertRefused(directory, run.files(), message + "; deleting the folder begins anew");
    }
  }

  private void assertRefused(WorkDirectory directory, Map<String, byte[]> files, String message)
      throws IOException {
    run.setFiles(files);
    assertThatThrownBy(() -> run.read(directory))
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining(message);
    Map<String, byte[]> after = run.files();
    assertThat(after).containsOnlyKeys(files.keySet());
    files.forEach((name, bytes) -> assertThat(after.get(name)).as(name).isEqualTo(bytes));
  }

  private Map<String, byte[]> with(String name, byte[] content) {
    Map<String, byte[]> files = new HashMap<>(whole);
    byte[] unused = files.put(name, content);
    return files;
  }

  private static int lineEnd(byte[] text, int begin) {
    int end = begin;
    while (text[end] != '\n') {
      end++;
    }
    return end + 1;
  }

  /** Where there is such a place: each of some thousand openings waits for the disk. */
  static final class InMemory implements TempDirFactory {
    private static final Path PLACE = Path.of("/dev/shm");

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test)
        throws IOException {
      return Files.isWritable(PLACE)
          ? Files.createTempDirectory(PLACE, "journal")
          : Files.createTempDirectory("journal");
    }
  }
}
