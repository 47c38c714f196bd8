package dev.unlearn.model.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The elements of stored tensors. */
public final class StoredBytes {
  private StoredBytes() {}

  /** Returns the values through a mapping of the tensor's own. */
  public static NDArray float32(NDManager manager, StoredTensor tensor) {
    try (Mappings mappings = new Mappings()) {
      return tensor.toFloat32(manager, mappings);
    }
  }

  /** Returns the bytes through a mapping of the tensor's own. */
  public static NDArray mapped(NDManager manager, StoredTensor tensor) {
    try (Mappings mappings = new Mappings()) {
      return tensor.toBytes(manager, mappings);
    }
  }

  /** Returns the bytes of a small tensor, the last dimension fastest, without the engine. */
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
