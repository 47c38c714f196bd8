package dev.unlearn.model.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;

/** The elements of stored tensors, byte by byte. */
public final class StoredBytes {
  private StoredBytes() {}

  /** Returns the bytes of a small tensor, the last dimension fastest. */
  public static byte[] of(StoredTensor tensor) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      tensor.writeTo(Channels.newChannel(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
