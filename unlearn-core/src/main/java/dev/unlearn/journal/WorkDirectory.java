package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder that belongs to one run at a time, and in which there is nothing but what runs leave. It
 * is created with rights for its owner alone where the file system has such rights.
 *
 * <p>A journal in it is to be closed first. Not safe for use by several threads at once.
 */
public final class WorkDirectory implements AutoCloseable {
  static final String JOURNAL = "journal";
  private static final Pattern OWN =
      Pattern.compile("(journal|(state|best)-\\d+\\.safetensors|original\\.safetensors)(\\.tmp)?");

  private final Path folder;
  private final DirectoryLock lock;

  private WorkDirectory(Path folder, DirectoryLock lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Creates the folder unless it exists, and takes it until it is closed.
   *
   * @throws IllegalArgumentException if it is no folder, cannot be written to, or holds what is not
   *     of a run; nothing is changed then
   * @throws IllegalStateException if another run has it, in this JVM or another
   * @throws dev.unlearn.api.UnlearningException if it cannot be created or locked
   */
  public static WorkDirectory open(Path folder) {
    try {
      if (!Files.isDirectory(folder)) {
        create(Places.of(folder));
      }
      checkArgument(
          Files.isWritable(folder), "work directory must be writable, but is not: %s", folder);
      Path real = folder.toRealPath();
      checkOwn(real);
      return new WorkDirectory(real, DirectoryLock.of(real));
    } catch (IOException e) {
      throw Places.cannotWrite("work directory", folder, e);
    }
  }

  private static void create(Path folder) throws IOException {
    checkArgument(
        !Files.exists(folder, LinkOption.NOFOLLOW_LINKS),
        "work directory must be a folder, but is none: %s",
        folder);
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] rights =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
            }
            : new FileAttribute<?>[0];
    Path unused = Files.createDirectory(folder, rights);
    Places.forceParent(folder);
  }

  private static void checkOwn(Path folder) throws IOException {
    for (Path file : list(folder)) {
      String name = file.getFileName().toString();
      checkArgument(
          Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
              && (name.equals(DirectoryLock.NAME) || OWN.matcher(name).matches()),
          "work directory %s must hold files of a run only, but holds: %s",
          folder,
          name);
    }
  }

  /** Returns the folder without links. */
  public Path folder() {
    return folder;
  }

  Path resolve(String name) {
    return folder.resolve(name);
  }

  /**
   * Deletes what a crash left: half-written files, and arrays other than those named, a snapshot of
   * the original weights among them.
   */
  void deleteStale(List<String> kept) throws IOException {
    for (Path file : list(folder)) {
      String name = file.getFileName().toString();
      if (OWN.matcher(name).matches() && !name.equals(JOURNAL) && !kept.contains(name)) {
        Files.delete(file);
      }
    }
  }

  /**
   * Deletes what the run left, the journal first: no later run goes on with it. The folder stays,
   * and stays taken.
   *
   * @throws dev.unlearn.api.UnlearningException if a file cannot be deleted
   */
  public void deleteAll() {
    try {
      if (Files.deleteIfExists(resolve(JOURNAL))) {
        Places.forceParent(resolve(JOURNAL));
      }
      for (Path file : list(folder)) {
        if (OWN.matcher(file.getFileName().toString()).matches()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw Places.cannotWrite("work directory", folder, e);
    }
  }

  /** Lets other runs have the folder. */
  @Override
  public void close() {
    lock.close();
  }

  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
