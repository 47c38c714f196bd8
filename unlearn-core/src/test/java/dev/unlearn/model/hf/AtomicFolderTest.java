package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFolderTest {
  @TempDir Path parent;

  @Test
  void write_newFolder() throws IOException {
    Path target = parent.resolve("model");
    AtomicReference<Path> seen = new AtomicReference<>();

    AtomicFolder.write(
        target,
        folder -> {
          seen.set(folder);
          assertThat(folder).isEmptyDirectory();
          assertThat(target).doesNotExist();
          Files.writeString(folder.resolve("a"), "1");
          Files.createDirectory(folder.resolve("sub"));
          Files.writeString(folder.resolve("sub").resolve("b"), "2");
        });

    assertThat(target.resolve("a")).hasContent("1");
    assertThat(target.resolve("sub").resolve("b")).hasContent("2");
    assertThat(seen.get().getFileName().toString()).startsWith(".model.tmp-");
    assertNothingBeside(target);
  }

  @Test
  void write_rights() throws IOException {
    Path target = parent.resolve("model");
    Path ordinary = Files.createDirectory(parent.resolve("ordinary"));

    AtomicFolder.write(target, folder -> {});

    if (Files.getFileAttributeView(target, PosixFileAttributeView.class) != null) {
      assertThat(Files.getPosixFilePermissions(target))
          .isEqualTo(Files.getPosixFilePermissions(ordinary));
    }
  }

  @Test
  void write_ontoEmptyFolder() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));

    AtomicFolder.write(target, folder -> Files.writeString(folder.resolve("a"), "1"));

    assertThat(target.resolve("a")).hasContent("1");
  }

  @Test
  void write_throughALink() throws IOException {
    Path real = Files.createDirectory(parent.resolve("real"));
    Path link = Files.createSymbolicLink(parent.resolve("link"), real);

    AtomicFolder.write(link, folder -> Files.writeString(folder.resolve("a"), "1"));

    assertThat(link).isSymbolicLink();
    assertThat(real.resolve("a")).hasContent("1");
  }

  @Test
  void write_ontoContent() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));
    Files.writeString(target.resolve("old"), "0");

    assertRefused(target, "target must be new or an empty folder, but holds files: " + target);
    assertThat(target.resolve("old")).hasContent("0");
  }

  @Test
  void write_ontoFile() throws IOException {
    Path target = Files.writeString(parent.resolve("model"), "0");

    assertRefused(target, "target must be new or an empty folder, but is a file: " + target);
    assertThat(target).hasContent("0");
  }

  @Test
  void write_noParent() throws IOException {
    Path none = parent.resolve("none");
    assertRefused(none.resolve("model"), "target's parent must be a folder, but is none: " + none);
    Path file = Files.writeString(parent.resolve("file"), "0");
    assertRefused(file.resolve("model"), "target's parent must be a folder, but is none: " + file);
  }

  @Test
  void write_fillFails() {
    assertCleanFailure(new IOException("no space left"));
    assertCleanFailure(new IllegalStateException("no space left"));
  }

  @Test
  void write_fillEndsInError() {
    Path target = parent.resolve("model");

    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    folder -> {
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(StackOverflowError.class);
    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void write_targetAppearsMeanwhile() {
    Path target = parent.resolve("model");

    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target, folder -> Files.createDirectories(target.resolve("theirs"))))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("cannot write the folder " + target + ": ");
    assertThat(target.resolve("theirs")).isDirectory();
    assertNothingBeside(target);
  }

  @Test
  void replace_newFolder() throws IOException {
    Path target = parent.resolve("model");

    AtomicFolder.replace(target, name -> true, folder -> write(folder, "a", "1"));

    assertThat(target.resolve("a")).hasContent("1");
    assertNothingBeside(target);
  }

  @Test
  void replace_keepsWhatItIsTold() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));
    write(target, "both", "old");
    write(target, "kept", "0");
    write(target, "gone", "0");
    Files.createDirectories(target.resolve("gone folder").resolve("deep"));
    write(target.resolve("gone folder").resolve("deep"), "gone", "3");
    Files.createSymbolicLink(target.resolve("link"), Path.of("nowhere"));
    Object file = fileKey(target.resolve("kept"));

    AtomicFolder.replace(
        target,
        name -> !name.startsWith("gone"),
        folder -> {
          assertThat(folder).isEmptyDirectory();
          assertThat(target.resolve("gone")).hasContent("0");
          write(folder, "both", "new");
          write(folder, "a", "1");
        });

    assertThat(target.resolve("a")).hasContent("1");
    assertThat(target.resolve("both")).hasContent("new");
    assertThat(target.resolve("kept")).hasContent("0");
    assertThat(fileKey(target.resolve("kept"))).as("linked, not copied").isEqualTo(file);
    assertThat(target.resolve("gone")).doesNotExist();
    assertThat(target.resolve("gone folder").resolve("deep").resolve("gone")).hasContent("3");
    assertThat(Files.readSymbolicLink(target.resolve("link"))).isEqualTo(Path.of("nowhere"));
    assertNothingBeside(target);
  }

  @Test
  void replace_keepsRights() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));
    assumeTrue(Files.getFileAttributeView(target, PosixFileAttributeView.class) != null);
    Path inside = Files.createDirectory(target.resolve("inside"));
    Set<PosixFilePermission> outer = PosixFilePermissions.fromString("rwx------");
    Set<PosixFilePermission> inner = PosixFilePermissions.fromString("rwxr-x---");
    Files.setPosixFilePermissions(target, outer);
    Files.setPosixFilePermissions(inside, inner);

    AtomicFolder.replace(
        target,
        name -> true,
        folder -> assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(outer));

    assertThat(Files.getPosixFilePermissions(target)).isEqualTo(outer);
    assertThat(Files.getPosixFilePermissions(inside)).isEqualTo(inner);
  }

  @Test
  void replace_throughALink() throws IOException {
    Path real = Files.createDirectory(parent.resolve("real"));
    write(real, "old", "0");
    Path link = Files.createSymbolicLink(parent.resolve("link"), real);

    AtomicFolder.replace(link, name -> false, folder -> write(folder, "a", "1"));

    assertThat(link).isSymbolicLink();
    assertThat(real.resolve("a")).hasContent("1");
    assertThat(real.resolve("old")).doesNotExist();
  }

  @Test
  void replace_fillFails() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));
    write(target, "old", "0");

    assertThatThrownBy(
            () ->
                AtomicFolder.replace(
                    target,
                    name -> true,
                    folder -> {
                      write(folder, "half", "1");
                      throw new IOException("no space left");
                    }))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the folder " + target + ": no space left");
    assertThat(target.resolve("old")).hasContent("0");
    assertThat(target.resolve("half")).doesNotExist();
    assertNothingBeside(target);
  }

  /** Takes the new folder away when all but the moves is done. */
  @Test
  void replace_secondMoveFails() throws IOException {
    Path target = Files.createDirectory(parent.resolve("model"));
    write(target, "old", "0");
    AtomicReference<Path> seen = new AtomicReference<>();

    assertThatThrownBy(
            () ->
                AtomicFolder.replace(
                    target,
                    name -> {
                      assertThat(seen.get().toFile().delete()).isTrue();
                      return false;
                    },
                    seen::set))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("cannot write the folder " + target + ": ")
        .hasCauseInstanceOf(NoSuchFileException.class);
    assertThat(target.resolve("old")).hasContent("0");
    assertNothingBeside(target);
  }

  @Test
  void replace_aFile() throws IOException {
    Path target = Files.writeString(parent.resolve("model"), "0");

    assertThatThrownBy(() -> AtomicFolder.replace(target, name -> true, folder -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target must be new or an empty folder, but is a file: " + target);
    assertThat(target).hasContent("0");
  }

  private static void write(Path folder, String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private static Object fileKey(Path file) throws IOException {
    return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  private void assertNothingBeside(Path target) {
    assertThat(parent).isDirectoryNotContaining(path -> !path.equals(target));
  }

  private void assertCleanFailure(Exception failure) {
    Path target = parent.resolve("model");

    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    folder -> {
                      Files.writeString(folder.resolve("half"), "1");
                      if (failure instanceof IOException e) {
                        throw e;
                      }
                      throw (RuntimeException) failure;
                    }))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the folder " + target + ": no space left")
        .hasCause(failure);
    assertThat(parent).isEmptyDirectory();
  }

  private static void assertRefused(Path target, String message) {
    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    folder -> {
                      throw new AssertionError("filled");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
