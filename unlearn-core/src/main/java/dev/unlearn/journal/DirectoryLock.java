package dev.unlearn.journal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps other runs out of a folder; ends with the process, even if that is killed. */
final class DirectoryLock implements AutoCloseable {
  static final String NAME = "lock";
  private static final int MAX_SIZE = 4096;
  private static final Logger logger = LoggerFactory.getLogger(DirectoryLock.class);

  /**
   * Folders taken in this JVM. To be asked before a lock file is opened: closing it again would
   * release the lock that the process has on it.
   */
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;
  private boolean closed;

  private DirectoryLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Locks a folder.
   *
   * @param folder without links
   * @throws IllegalStateException if another run has it
   */
  static DirectoryLock of(Path folder) throws IOException {
    if (!TAKEN.add(folder)) {
      throw taken(folder);
    }
    FileChannel channel = null;
    try {
      do {
        if (channel != null) {
          channel.close();
        }
        channel = FileChannel.open(folder.resolve(NAME), CREATE, WRITE, NOFOLLOW_LINKS);
        if (channel.tryLock() == null) {
          throw taken(folder);
        }
      } while (!isThere(folder.resolve(NAME), channel));
      return new DirectoryLock(folder, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      boolean unused = TAKEN.remove(folder);
      throw e;
    }
  }

  /** Returns whether the file locked still is the one in the folder: its last user deletes it. */
  private static boolean isThere(Path file, FileChannel channel) throws IOException {
    int size = 1 + ThreadLocalRandom.current().nextInt(MAX_SIZE);
    FileChannel unused = channel.truncate(0);
    int unusedCount = channel.write(ByteBuffer.allocate(1), size - 1L);
    try {
      return Files.size(file) == size;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static IllegalStateException taken(Path folder) {
    return new IllegalStateException(
        "work directory %s is used by another run; wait for its end or name another folder"
            .formatted(folder));
  }

  /** Releases the folder; deletes the lock file if nothing else is left. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (channel) {
      if (WorkDirectory.list(folder).equals(List.of(folder.resolve(NAME)))) {
        Files.delete(folder.resolve(NAME));
        Places.forceParent(folder.resolve(NAME));
      }
    } catch (IOException e) {
      logger.warn("cannot tidy up the work directory {}", folder, e);
    } finally {
      boolean unused = TAKEN.remove(folder);
    }
  }
}
