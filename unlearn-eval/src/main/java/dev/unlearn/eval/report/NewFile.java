package dev.unlearn.eval.report;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Writes files that did not exist before, whole or not at all. */
final class NewFile {
  private NewFile() {}

  static void check(Path file) {
    checkArgument(
        !Files.exists(file, LinkOption.NOFOLLOW_LINKS),
        "file must be new, since a report is never replaced, but exists: %s",
        file);
  }

  static void write(Path file, String text) {
    check(file);
    try {
      Path parent = file.toAbsolutePath().getParent();
      Path beside = Files.createTempFile(parent, "." + file.getFileName(), ".part");
      try {
        Files.writeString(beside, text);
        Files.move(beside, file); // fails if it has come to exist
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot write the file " + file, e);
    }
  }
}
