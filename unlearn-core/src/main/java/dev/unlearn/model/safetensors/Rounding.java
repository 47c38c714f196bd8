package dev.unlearn.model.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.model.tensor.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Float32 values in the types of weights, to nearest and ties to even, as PyTorch rounds. */
final class Rounding {
  /** The smallest float that would become infinite as F16. */
  private static final float F16_OVERFLOW = 65520;

  private Rounding() {}

  /**
   * Gives the bytes of an array's values in a type to a sink, slice by slice.
   *
   * @throws UnlearningException if a finite value would become infinite as F16
   */
  static void forEach(
      String name, NDArray array, ElementType type, TensorBytes.Sink<IOException> sink)
      throws IOException {
    switch (type) {
      case F32 -> TensorBytes.forEach(array, sink);
      case F16 -> TensorBytes.forEach(array, slice -> toF16(name, slice), sink);
      case BF16 -> TensorBytes.<IOException>forEach(array, slice -> sink.accept(toBf16(slice)));
      default -> throw new IllegalArgumentException(type + " is no type of weights");
    }
  }

  private static NDArray toF16(String name, NDArray slice) {
    float largest = slice.abs().max().getFloat();
    if (largest >= F16_OVERFLOW && Float.isFinite(largest)) {
      throw new UnlearningException(
          "tensor %s must have values up to 65504 to be written as F16, but has one of size %s"
              .formatted(name, largest));
    }
    return slice.toType(DataType.FLOAT16, false);
  }

  /** In Java, because the engine hands out no BF16 arrays. */
  private static ByteBuffer toBf16(ByteBuffer floats) {
    ByteBuffer result = ByteBuffer.allocate(floats.remaining() / 2).order(ByteOrder.LITTLE_ENDIAN);
    while (floats.hasRemaining()) {
      int bits = floats.getInt();
      boolean isNan = (bits & 0x7fff_ffff) > 0x7f80_0000;
      int rounded = isNan ? bits | 0x0040_0000 : bits + 0x7fff + ((bits >>> 16) & 1);
      result.putShort((short) (rounded >>> 16));
    }
    return result.flip();
  }
}
