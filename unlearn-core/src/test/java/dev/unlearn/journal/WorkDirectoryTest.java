package dev.unlearn.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkDirectoryTest {
  @TempDir Path parent;

  @Test
  void open_new() throws IOException {
    Path folder = parent.resolve("work");

    try (WorkDirectory unused = WorkDirectory.open(folder)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
    }

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void open_usedInThisJvm() {
    try (WorkDirectory unused = WorkDirectory.open(parent)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> WorkDirectory.open(parent))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("is used by another run");
      }
    }
    WorkDirectory.open(parent).close();
  }

  @Test
  void open_usedInAnotherJvm() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                parent.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.getInputStream().read()).isEqualTo('o');
      assertThatThrownBy(() -> WorkDirectory.open(parent))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is used by another run");
    } finally {
      int unused = process.destroyForcibly().waitFor();
    }
    WorkDirectory.open(parent).close();
  }

  @Test
  void open_file() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));

    assertThatThrownBy(() -> WorkDirectory.open(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be a folder, but is none");
    assertThatThrownBy(() -> WorkDirectory.open(file.resolve("work")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void open_foreignFiles() throws IOException {
    Path foreign = Files.createFile(parent.resolve("notes.txt"));
    assertForeign("notes.txt");
    Files.delete(foreign);
    Path unusedFolder = Files.createDirectory(parent.resolve("journal"));
    assertForeign("journal");
    Files.delete(parent.resolve("journal"));
    Path unusedLink =
        Files.createSymbolicLink(parent.resolve("state-1.safetensors"), parent.resolve("x"));
    assertForeign("state-1.safetensors");
  }

  @Test
  void deleteAll_keepsFolder() throws IOException {
    try (WorkDirectory directory = WorkDirectory.open(parent)) {
      for (String name :
          new String[] {"journal", "best-3.safetensors", "state-1.safetensors.tmp"}) {
        Path unused = Files.createFile(parent.resolve(name));
      }
      directory.deleteAll();
      assertThat(parent).isDirectoryNotContaining("regex:(?!.*lock).*");
    }
    assertThat(parent).isEmptyDirectory();
  }

  private void assertForeign(String name) {
    assertThatThrownBy(() -> WorkDirectory.open(parent))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("holds: " + name);
    assertThat(parent.resolve("lock")).doesNotExist();
  }

  /** Holds a folder until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      WorkDirectory unused = WorkDirectory.open(Path.of(arguments[0]));
      System.out.print("o");
      System.out.flush();
      Thread.sleep(60_000);
    }
  }
}
