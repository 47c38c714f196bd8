package dev.unlearn.internal;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.StandardOpenOption.READ;

import dev.unlearn.api.UnlearningException;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Places of files and folders that are written beside them and moved into them. */
public final class Places {
  private static final Logger logger = LoggerFactory.getLogger(Places.class);

  private Places() {}

  /**
   * Returns a target in its parent without links, so that a move within it stays on one file
   * system.
   *
   * @throws IllegalArgumentException if the parent is no folder that can be written to
   */
  public static Path of(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    checkArgument(parent != null, "target must have a parent folder, but was: %s", target);
    checkArgument(
        Files.isDirectory(parent), "target's parent must be a folder, but is none: %s", parent);
    checkArgument(
        Files.isWritable(parent), "target's parent must be writable, but is not: %s", parent);
    return parent.toRealPath().resolve(absolute.getFileName());
  }

  /** Returns a new name beside a place. */
  public static Path sibling(Path place, String kind) {
    return place.resolveSibling(
        ".%s.%s-%s".formatted(place.getFileName(), kind, UUID.randomUUID()));
  }

  /** Waits until a file, or the list of what a folder holds, is on the disk. */
  public static void force(Path path) throws IOException {
    if (Files.isDirectory(path) && File.separatorChar == '\\') {
      return; // Windows opens no folders.
    }
    try (FileChannel channel = FileChannel.open(path, READ)) {
      channel.force(true);
    }
  }

  /** Waits until what was moved into a place is there after a power failure, too. */
  public static void forceParent(Path place) {
    try {
      force(place.resolveSibling("."));
    } catch (IOException e) {
      logger.warn("{} is complete, but may not survive a power failure yet", place, e);
    }
  }

  /**
   * Returns what to throw if reading failed.
   *
   * @param kind file or folder
   */
  public static UnlearningException cannotRead(String kind, Path target, Exception cause) {
    return new UnlearningException(
        "cannot read the %s %s: %s".formatted(kind, target, Failures.summary(cause)), cause);
  }

  /**
   * Returns what to throw if writing failed.
   *
   * @param kind file or folder
   */
  public static UnlearningException cannotWrite(String kind, Path target, Exception cause) {
    return new UnlearningException(
        "cannot write the %s %s: %s".formatted(kind, target, Failures.summary(cause)), cause);
  }
}
