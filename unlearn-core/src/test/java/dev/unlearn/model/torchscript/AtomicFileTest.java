package dev.unlearn.model.torchscript;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  private static final AtomicFile.Fill HELLO = out -> out.write("hello".getBytes(UTF_8));

  @TempDir Path folder;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = folder.resolve("model.pt");
  }

  @Test
  void write_newFile() {
    AtomicFile.write(target, false, HELLO);

    assertThat(target).hasContent("hello");
    assertThat(folder.toFile().list()).containsExactly("model.pt");
  }

  @Test
  void write_failureLeavesNothing() {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    false,
                    out -> {
                      HELLO.writeTo(out);
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the file %s: disk full", target);
    assertThat(folder.toFile().list()).isEmpty();
  }

  @Test
  void write_failureWithoutAMessage() {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    false,
                    out -> {
                      throw new NegativeArraySizeException();
                    }))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the file %s: NegativeArraySizeException", target);
  }

  @Test
  void write_overwrite() throws IOException {
    Files.writeString(target, "mine");

    assertThatThrownBy(() -> AtomicFile.write(target, false, HELLO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target must be new, but exists: " + target);
    assertThat(target).hasContent("mine");

    AtomicFile.write(target, true, HELLO);
    assertThat(target).hasContent("hello");
  }

  @Test
  void write_fileThatAppearsMeanwhile() {
    assertThatThrownBy(
            () -> AtomicFile.write(target, false, out -> Files.writeString(target, "theirs")))
        .isInstanceOf(UnlearningException.class)
        .hasCauseInstanceOf(FileAlreadyExistsException.class);
    assertThat(target).hasContent("theirs");
    assertThat(folder.toFile().list()).containsExactly("model.pt");
  }

  @Test
  void write_placesThatCannotBe() throws IOException {
    Path nowhere = folder.resolve("none").resolve("model.pt");
    assertThatThrownBy(() -> AtomicFile.write(nowhere, false, HELLO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target's parent must be a folder, but is none: " + nowhere.getParent());

    Files.createDirectory(target);
    assertThatThrownBy(() -> AtomicFile.write(target, true, HELLO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("target must be new or a file, but is a folder: " + target);
  }
}
