package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unlearn.fault.Child.End;
import dev.unlearn.fault.Child.Task;
import dev.unlearn.fault.ShortRun.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that cannot write says which file and why, leaves the model as it was, and can be resumed
 * when there is space.
 */
@EnabledOnOs(OS.LINUX)
@ExtendWith(FaultCount.class)
final class FullDiskTest {
  private static final Pattern FAILED = Pattern.compile("failed (?<intact>\\w+) (?<message>.*)");

  @TempDir private Path temporary;

  private Path model;

  @BeforeEach
  void teach() {
    model = temporary.resolve("model");
    ShortRun.teach(model);
  }

  /** The lock, the journal's lines, the arrays of the first epoch. */
  @Test
  @Tag("engine")
  void forget_filesTooLong() throws Exception {
    assertTooLong(Kind.BEST, 0, 2, 64);
  }

  @Test
  @Tag("fault")
  void forget_filesTooLongAtEverySize() throws Exception {
    assertTooLong(Kind.BEST, 0, 1, 2, 3, 4, 6, 8, 64, 256, 512, 768, 1024, 1500);
    assertTooLong(Kind.LOTS, 1, 5, 1200);
  }

  private void assertTooLong(Kind kind, int... kibibytes) throws Exception {
    Task task = new Task(model, temporary.resolve("work"), kind);
    End whole = whole(task);
    for (int limit : kibibytes) {
      Fault.DISK_FULL.injected();
      try (Child child = task.startWithin(limit)) {
        assertFailed(child, task.folder(), "File too large");
      }
      assertResumes(task, whole);
      Fault.DISK_FULL.survived();
    }
  }

  /** On a disk of its own: the sum of all files meets the limit, wherever in the run that is. */
  @Test
  @Tag("fault")
  void forget_diskFull() throws Exception {
    for (Kind kind : new Kind[] {Kind.BEST, Kind.ADAM}) {
      End whole = whole(new Task(model, temporary.resolve("whole"), kind));
      for (int kibibytes : new int[] {4, 8, 12, 16, 500, 1600, 1700, 2000, 2200, 2600, 3000}) {
        try (Disk disk = Disk.mount(temporary.resolve("disk"), kibibytes)) {
          Task task = new Task(model, disk.folder(), kind);
          Fault.DISK_FULL.injected();
          try (Child child = task.start()) {
            assertFailed(child, disk.folder(), "No space left on device");
          }
          disk.remount("size=64m");
          assertResumes(task, whole);
          Fault.DISK_FULL.survived();
        }
      }
    }
  }

  @Test
  @Tag("fault")
  void forget_diskReadOnly() throws Exception {
    try (Disk disk = Disk.mount(temporary.resolve("disk"), 1 << 16)) {
      disk.remount("ro");
      Fault.DISK_READ_ONLY.injected();
      Task task = new Task(model, disk.folder(), Kind.ADAM);
      try (Child child = task.start()) {
        assertFailed(child, disk.folder(), "work directory must be writable, but is not");
      }
      disk.remount("rw");
      End whole = whole(new Task(model, temporary.resolve("whole"), Kind.ADAM));
      assertResumes(task, whole);
      Fault.DISK_READ_ONLY.survived();
    }
  }

  private static End whole(Task task) throws IOException {
    try (Child child = task.start()) {
      return child.end();
    }
  }

  private static void assertFailed(Child child, Path folder, String reason) throws IOException {
    child.awaitBegun();
    @Nullable String line = child.line();
    Matcher matcher = FAILED.matcher(String.valueOf(line));
    assertThat(matcher.matches()).as("%s", line).isTrue();
    assertThat(matcher.group("intact")).isEqualTo("true");
    assertThat(matcher.group("message")).contains(folder.toString()).contains(reason);
    assertThat(child.line()).isNull();
  }

  private static void assertResumes(Task task, End whole) throws IOException {
    try (Child child = task.start()) {
      End end = child.end();
      assertThat(end.digest()).isEqualTo(whole.digest());
      assertThat(end.outcome()).isEqualTo(whole.outcome());
      assertThat(end.epochs()).isEqualTo(whole.epochs());
    }
    assertThat(task.folder()).isEmptyDirectory();
  }

  /** A file system of a small size, which only the administrator may mount. */
  private record Disk(Path folder) implements AutoCloseable {
    static Disk mount(Path folder, int kibibytes) throws IOException, InterruptedException {
      Path created = Files.createDirectories(folder);
      assumeTrue(
          call("mount", "-t", "tmpfs", "-o", "size=" + kibibytes + "k", "none", created.toString()),
          "no right to mount a file system");
      return new Disk(created);
    }

    void remount(String option) throws IOException, InterruptedException {
      assertThat(call("mount", "-o", "remount," + option, folder.toString())).isTrue();
    }

    private static boolean call(String... command) throws IOException, InterruptedException {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    }

    @Override
    public void close() throws IOException, InterruptedException {
      assertThat(call("umount", folder.toString())).isTrue();
    }
  }
}
