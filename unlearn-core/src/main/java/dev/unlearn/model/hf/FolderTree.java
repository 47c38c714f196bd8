package dev.unlearn.model.hf;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;

import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What {@link AtomicFolder} does with the content of folders. */
final class FolderTree {
  private FolderTree() {}

  /** Waits until all of a folder is on the disk. */
  static void force(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.toList();
    }
    for (Path path : all) {
      Places.force(path);
    }
  }

  /** Gives a folder the rights of another, where there are such. */
  static void copyRights(Path from, Path to) throws IOException {
    if (Files.getFileAttributeView(from, PosixFileAttributeView.class) != null) {
      Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
    }
  }

  /**
   * Puts into one folder what another holds and it does not: folders, and files that are kept. They
   * take no room of their own, unless the file system has no links.
   */
  static void link(Path from, Path to, Predicate<String> kept) throws IOException {
    List<Path> content;
    try (Stream<Path> list = Files.list(from)) {
      content = list.toList();
    }
    for (Path path : content) {
      Path target = to.resolve(path.getFileName());
      boolean wanted =
          Files.isDirectory(path, NOFOLLOW_LINKS) || kept.test(path.getFileName().toString());
      if (wanted && !Files.exists(target, NOFOLLOW_LINKS)) {
        Files.walkFileTree(path, new Linker(path, target));
        Places.force(to);
      }
    }
  }

  private static final class Linker extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;

    Linker(Path from, Path to) {
      this.from = from;
      this.to = to;
    }

    private Path counterpart(Path path) {
      return to.resolve(from.relativize(path).toString());
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      Files.createDirectory(counterpart(folder));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isSymbolicLink()) {
        Files.createSymbolicLink(counterpart(file), Files.readSymbolicLink(file));
      } else {
        linkOrCopy(file, counterpart(file));
      }
      return FileVisitResult.CONTINUE;
    }

    private static void linkOrCopy(Path file, Path target) throws IOException {
      try {
        Files.createLink(target, file);
      } catch (IOException | UnsupportedOperationException e) {
        Files.copy(file, target, COPY_ATTRIBUTES);
        Places.force(target);
      }
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      copyRights(folder, counterpart(folder));
      Places.force(counterpart(folder));
      return FileVisitResult.CONTINUE;
    }
  }
}
