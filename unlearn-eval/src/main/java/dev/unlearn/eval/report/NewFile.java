package dev.unlearn.eval.report;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Writes files that did not exist before, whole or not at all. */
final class NewFile {
  private NewFile() {}

  static void check(Path file) throws FileAlreadyExistsException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(
          file.toString(), null, "a report is never replaced; delete it or name another place");
    }
  }

  static void write(Path file, String text) throws IOException {
    check(file);
    Path parent = file.toAbsolutePath().getParent();
    Path beside = Files.createTempFile(parent, "." + file.getFileName(), ".part");
    try {
      Files.writeString(beside, text);
      Files.move(beside, file); // fails if it has come to exist
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
