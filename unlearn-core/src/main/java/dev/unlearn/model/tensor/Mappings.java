package dev.unlearn.model.tensor;

import dev.unlearn.internal.MappedFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The files that tensors are read from, each mapped once, however many tensors it holds. Arrays
 * stay valid after closing, and may be written to from then on. For one thread.
 */
public final class Mappings implements AutoCloseable {
  private final Map<Path, MappedFile> files = new HashMap<>();

  MappedFile of(Path file) {
    return files.computeIfAbsent(file, MappedFile::new);
  }

  @Override
  public void close() {
    files.values().forEach(MappedFile::close);
    files.clear();
  }
}
