package dev.unlearn.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writing that fails in the middle. The system refuses to make files larger than a limit, which it
 * says after it has written up to it, as on a full disk.
 */
@Tag("engine")
@EnabledOnOs({OS.LINUX, OS.MAC})
final class FullDiskTest {
  private static final int LIMIT = 8;
  private static final byte[] KEY = {5};

  @TempDir Path folder;

  /** Unpacks its libraries, which the limit would not let pass. */
  @BeforeAll
  static void loadEngine() {
    Engine unused = Engine.getEngine("PyTorch");
  }

  @Test
  void append_failsInTheMiddleOfALine() throws Exception {
    List<String> said = child("lines");

    int count = said.size() - 2;
    assertThat(count).isGreaterThan(3);
    assertThat(said.subList(0, count)).allMatch("whole"::equals);
    // The line was taken back, so the next one fails in the same way.
    assertThat(said.subList(count, count + 2))
        .allSatisfy(
            message ->
                assertThat(message)
                    .startsWith("cannot write the file ")
                    .contains("journal: ")
                    .doesNotContain("taken back"));
    assertThat(folder.resolve("journal").toFile().length()).isLessThan(LIMIT * 1024L);
    assertRecords(count);
  }

  @Test
  void append_failsInTheMiddleOfArrays() throws Exception {
    List<String> said = child("arrays");

    assertThat(said).hasSize(3);
    assertThat(said.get(1)).startsWith("cannot write the file ").contains("state-1.safetensors: ");
    assertThat(said).element(2).isEqualTo("whole");
    assertThat(WorkDirectory.list(folder))
        .extracting(file -> file.getFileName().toString())
        .containsExactly("journal", "lock", "state-1.safetensors");
    assertRecords(2);
  }

  private void assertRecords(int count) {
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      assertThat(journal.resumed().orElseThrow().records()).hasSize(count);
    }
  }

  private List<String> child(String what) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -f " + LIMIT + " && exec \"$@\"",
                "bash",
                java,
                "-XX:-UsePerfData",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                what,
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.lines().toList();
  }

  /** Says of each epoch that it is whole, or why not. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try (WorkDirectory directory = WorkDirectory.open(Path.of(arguments[1]));
          Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
        if (arguments[0].equals("lines")) {
          lines(journal);
        } else {
          arrays(journal);
        }
      }
    }

    private static void lines(Journal journal) {
      int failures = 0;
      for (int epoch = 0; failures < 2; epoch++) {
        failures += append(journal, epoch, Optional.empty()) ? 0 : 1;
      }
    }

    private static void arrays(Journal journal) {
      try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
        for (int count : new int[] {10, LIMIT * 1024, 10}) {
          boolean unused =
              append(journal, 1, Optional.of(Map.of("w", manager.zeros(new Shape(count)))));
        }
      }
    }

    private static boolean append(
        Journal journal, int epoch, Optional<Map<String, NDArray>> arrays) {
      try {
        journal.append(EpochRecords.of(epoch), arrays, Optional.empty());
        System.out.println("whole");
        return true;
      } catch (UnlearningException e) {
        System.out.println(e.getMessage());
        return false;
      }
    }
  }
}
