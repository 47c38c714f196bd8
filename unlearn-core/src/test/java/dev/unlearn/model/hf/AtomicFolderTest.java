package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
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
    assertThat(parent).isDirectoryNotContaining(path -> !path.equals(target));
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
