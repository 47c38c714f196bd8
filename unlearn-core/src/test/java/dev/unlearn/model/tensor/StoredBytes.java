package dev.unlearn.model.tensor;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The elements of small stored tensors, read without the engine. */
public final class StoredBytes {
  private StoredBytes() {}

  /** Returns the bytes of all elements, the last dimension fastest. */
  public static byte[] of(StoredTensor tensor) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tensor.byteCount()));
    try (FileChannel file = FileChannel.open(tensor.file())) {
      append(tensor, file, 0, tensor.position(), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.array();
  }

  private static void append(
      StoredTensor tensor, FileChannel file, int dimension, long at, ByteBuffer bytes)
      throws IOException {
    int size = tensor.type().size();
    if (dimension == tensor.dimensions().size()) {
      int read = file.read(bytes.limit(bytes.position() + size), at);
      if (read != size) {
        throw new EOFException("an element at " + at);
      }
      return;
    }
    for (long i = 0; i < tensor.dimensions().get(dimension); i++) {
      long next = at + i * tensor.strides().get(dimension) * size;
      append(tensor, file, dimension + 1, next, bytes);
    }
  }
}
