package dev.unlearn.model.tensor;

import com.google.common.primitives.Bytes;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tensors in files, and their bytes. */
final class Tensors {
  private Tensors() {}

  static StoredTensor contiguous(Path file, ElementType type, long position, long... shape) {
    return StoredTensor.contiguous("w", file, type, Longs.asList(shape), position);
  }

  static StoredTensor strided(Path file, long position, List<Long> shape, List<Long> strides) {
    return new StoredTensor("w", file, ElementType.F32, shape, strides, position);
  }

  static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  static Path write(Path folder, byte[]... parts) {
    try {
      return Files.write(folder.resolve("m.bin"), Bytes.concat(parts));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
