package dev.unlearn.model.torchscript;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Places;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a new file so that it is either there as a whole or not at all. */
final class AtomicFile {
  private AtomicFile() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  interface Fill {

    /** Called once; does not close the stream. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file beside its place, waits until it is on the disk, and moves it into place.
   *
   * <p>After a failure nothing is left. A process that dies meanwhile leaves a file named {@code
   * .<name>.tmp-<random>} beside the target, which can be deleted.
   *
   * @param overwrite whether a file that is already there is replaced
   * @throws IllegalArgumentException if the target exists and is not to be replaced or no file, or
   *     its parent is no folder that can be written to; nothing has been touched then
   * @throws UnlearningException if anything fails later, naming the target, with the cause
   */
  static void write(Path target, boolean overwrite, Fill fill) {
    Path place = place(target, overwrite);
    Path file = Places.sibling(place, "tmp");
    try {
      writeThrough(file, fill);
      // Within one folder both are a rename; an atomic move always replaces.
      Files.move(file, place, overwrite ? new CopyOption[] {ATOMIC_MOVE} : new CopyOption[0]);
    } catch (IOException | RuntimeException e) {
      discard(file, e);
      throw Places.cannotWrite("file", target, e);
    } catch (Error e) {
      discard(file, e);
      throw e;
    }
    Places.forceParent(place);
  }

  /**
   * Refuses a target that {@link #write} would refuse.
   *
   * @throws IllegalArgumentException as it does
   */
  static void check(Path target, boolean overwrite) {
    Path unused = place(target, overwrite);
  }

  private static Path place(Path target, boolean overwrite) {
    if (overwrite) {
      checkArgument(
          !Files.isDirectory(target), "target must be new or a file, but is a folder: %s", target);
    } else {
      checkArgument(
          !Files.exists(target, NOFOLLOW_LINKS), "target must be new, but exists: %s", target);
    }
    try {
      return Places.of(target);
    } catch (IOException e) {
      throw Places.cannotWrite("file", target, e);
    }
  }

  private static void writeThrough(Path file, Fill fill) throws IOException {
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
      fill.writeTo(Channels.newOutputStream(channel));
      channel.force(true);
    }
  }

  private static void discard(Path file, Throwable failure) {
    try {
      boolean unused = Files.deleteIfExists(file);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
