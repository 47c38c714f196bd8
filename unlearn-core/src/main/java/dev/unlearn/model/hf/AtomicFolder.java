package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a folder so that it is either there as a whole or not at all. */
final class AtomicFolder {
  private static final Logger logger = LoggerFactory.getLogger(AtomicFolder.class);

  private AtomicFolder() {}

  /** Writes the content of a folder. */
  @FunctionalInterface
  interface Fill {

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
  static void write(Path target, Fill fill) {
    Path place = place(target, false);
    write(target, place, fill, folder -> moveIn(folder, place));
  }

  /**
   * Writes a folder as {@link #write} does, in the place of one that may be there. What is kept of
   * the old one is linked into the new one before the two change places, so that at every moment
   * one of them is whole; then the old one is deleted.
   *
   * <p>A process that dies meanwhile may also leave a folder named {@code .<name>.old-<random>}
   * beside the target. It is the old one; if there is no target, it can be moved back.
   *
   * @param kept tells by name whether a file of the old folder is kept, unless a new one has its
   *     name; folders are kept always
   * @throws IllegalArgumentException if the target is a file or cannot be written to, or its parent
   *     is no folder that can be written to; nothing has been touched then
   * @throws UnlearningException if anything fails later, naming the target, with the cause; the old
   *     folder is in its place then
   */
  static void replace(Path target, Predicate<String> kept, Fill fill) {
    Path place = place(target, true);
    if (!Files.isDirectory(place)) {
      write(target, fill);
      return;
    }
    write(
        target,
        place,
        folder -> {
          FolderTree.copyRights(place, folder);
          fill.writeInto(folder);
        },
        folder -> {
          FolderTree.link(place, folder, kept);
          swap(folder, place);
        });
  }

  /**
   * Refuses a target that {@link #write}, or {@link #replace}, would refuse.
   *
   * @throws IllegalArgumentException as they do
   */
  static void check(Path target, boolean overwrite) {
    Path unused = place(target, overwrite);
  }

  private static void write(Path target, Path place, Fill fill, Fill finish) {
    Path folder = Places.sibling(place, "tmp");
    try {
      Files.createDirectory(folder);
      fill.writeInto(folder);
      FolderTree.force(folder);
      finish.writeInto(folder);
    } catch (IOException | RuntimeException e) {
      discard(folder, e);
      throw Places.cannotWrite("folder", target, e);
    } catch (Error e) {
      discard(folder, e);
      throw e;
    }
  }

  private static void moveIn(Path folder, Path place) throws IOException {
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
    Places.forceParent(place);
  }

  private static void swap(Path folder, Path place) throws IOException {
    Path old = Places.sibling(place, "old");
    Files.move(place, old, ATOMIC_MOVE);
    try {
      Files.move(folder, place, ATOMIC_MOVE);
    } catch (IOException e) {
      try {
        Files.move(old, place, ATOMIC_MOVE);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    Places.forceParent(place);
    try {
      MoreFiles.deleteRecursively(old, RecursiveDeleteOption.ALLOW_INSECURE);
    } catch (IOException e) {
      logger.warn("{} is complete, but what it replaced could not be deleted: {}", place, old, e);
    }
  }

  private static Path place(Path target, boolean overwrite) {
    try {
      return checkedPlace(target, overwrite);
    } catch (IOException e) {
      throw Places.cannotWrite("folder", target, e);
    }
  }

  /** Returns the target without links, so that the move stays on one file system. */
  private static Path checkedPlace(Path target, boolean overwrite) throws IOException {
    if (!Files.isDirectory(target)) {
      checkArgument(
          !Files.exists(target, NOFOLLOW_LINKS),
          "target must be new or an empty folder, but is a file: %s",
          target);
    } else if (overwrite) {
      checkArgument(Files.isWritable(target), "target must be writable, but is not: %s", target);
    } else {
      try (Stream<Path> content = Files.list(target)) {
        checkArgument(
            content.findAny().isEmpty(),
            "target must be new or an empty folder, but holds files: %s",
            target);
      }
    }
    return Places.of(Files.exists(target) ? target.toRealPath() : target);
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
}
