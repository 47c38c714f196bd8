package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.READ;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.unlearn.api.UnlearningException;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a folder so that it is either there as a whole or not at all. */
public final class AtomicFolder {
  private static final Logger logger = LoggerFactory.getLogger(AtomicFolder.class);

  private AtomicFolder() {}

  /** Writes the content of a folder. */
  @FunctionalInterface
  public interface Fill {

    /** Called once, with an empty folder. */
    void writeInto(Path folder) throws IOException;
  }

  /**
   * Writes a folder beside its place, waits until it is on the disk, and moves it into place.
   *
   * <p>After a failure nothing is left. A process that dies meanwhile leaves a folder named {@code
   * .<name>.tmp-<random>} beside the target, which can be deleted.
   *
   * @throws IllegalArgumentException if the target exists and is no empty folder, or its parent is
   *     no folder that can be written to; nothing has been touched then
   * @throws UnlearningException if anything fails later, naming the target, with the cause
   */
  public static void write(Path target, Fill fill) {
    Path place = place(target);
    Path folder =
        place.resolveSibling(".%s.tmp-%s".formatted(place.getFileName(), UUID.randomUUID()));
    try {
      Files.createDirectory(folder);
      fill.writeInto(folder);
      forceAll(folder);
      move(folder, place);
    } catch (IOException | RuntimeException e) {
      discard(folder, e);
      throw cannotWrite(target, e);
    } catch (Error e) {
      discard(folder, e);
      throw e;
    }
  }

  /**
   * Refuses a target that {@link #write} would refuse.
   *
   * @throws IllegalArgumentException as {@link #write}
   */
  public static void check(Path target) {
    Path unused = place(target);
  }

  private static Path place(Path target) {
    try {
      return checkedPlace(target);
    } catch (IOException e) {
      throw cannotWrite(target, e);
    }
  }

  private static void move(Path folder, Path place) throws IOException {
    // Not every system moves a folder onto an empty one.
    boolean wasThere = Files.deleteIfExists(place);
    try {
      Files.move(folder, place, ATOMIC_MOVE);
    } catch (IOException e) {
      if (wasThere) {
        Files.createDirectory(place);
      }
      throw e;
    }
    try {
      force(place.resolveSibling("."));
    } catch (IOException e) {
      logger.warn("{} is complete, but may not survive a power failure yet", place, e);
    }
  }

  /** Returns the target without links, so that the move stays on one file system. */
  private static Path checkedPlace(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      try (Stream<Path> content = Files.list(target)) {
        checkArgument(
            content.findAny().isEmpty(),
            "target must be new or an empty folder, but holds files: %s",
            target);
      }
    } else {
      checkArgument(
          !Files.exists(target, NOFOLLOW_LINKS),
          "target must be new or an empty folder, but is a file: %s",
          target);
    }
    Path absolute =
        Files.exists(target) ? target.toRealPath() : target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    checkArgument(parent != null, "target must have a parent folder, but was: %s", target);
    checkArgument(
        Files.isDirectory(parent), "target's parent must be a folder, but is none: %s", parent);
    checkArgument(
        Files.isWritable(parent), "target's parent must be writable, but is not: %s", parent);
    return parent.toRealPath().resolve(absolute.getFileName());
  }

  private static void forceAll(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.toList();
    }
    for (Path path : all) {
      force(path);
    }
  }

  private static void force(Path path) throws IOException {
    if (Files.isDirectory(path) && File.separatorChar == '\\') {
      return; // Windows opens no folders.
    }
    try (FileChannel channel = FileChannel.open(path, READ)) {
      channel.force(true);
    }
  }

  private static void discard(Path folder, Throwable failure) {
    if (!Files.exists(folder)) {
      return;
    }
    try {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static UnlearningException cannotWrite(Path target, Exception cause) {
    return new UnlearningException(
        "cannot write the folder %s: %s".formatted(target, cause.getMessage()), cause);
  }
}
