package dev.unlearn.rollback;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.internal.TorchOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.List;

/**
 * The bits in which arrays differ, slice by slice. XOR of bit patterns loses nothing, unlike the
 * difference of numbers, and is its own inverse.
 */
final class Differences {
  private final ByteBuffer slice = ByteBuffer.allocateDirect(TensorBytes.SLICE_BYTES);

  /** Writes the bits in which two arrays of the same shape and type differ. */
  void write(NDArray one, NDArray other, SealedWriter out)
      throws IOException, GeneralSecurityException {
    try (NDArray flat = one.reshape(new Shape(-1));
        NDArray otherFlat = other.reshape(new Shape(-1))) {
      for (long begin = 0; begin < flat.size(); begin += step(flat)) {
        NDIndex range = range(flat, begin);
        try (NDManager scope = one.getManager().newSubManager();
            NDManager otherScope = other.getManager().newSubManager()) {
          ByteBuffer bytes = flat.get(scope, range).toByteBuffer(true);
          ByteBuffer bits = bits(bytes.remaining()).put(bytes).flip();
          turn(bits, otherFlat.get(otherScope, range).toByteBuffer(true));
          out.write(bits);
        }
      }
    }
  }

  /**
   * Turns an array, in place, into the one it was compared with. It is written to once all its bits
   * are known, so that it is either turned or as it was.
   */
  void apply(SealedReader in, NDArray array) throws IOException, GeneralSecurityException {
    try (NDManager scope = array.getManager().newSubManager();
        NDArray flat = array.reshape(new Shape(-1))) {
      NDArray turned = scope.create(flat.getShape(), flat.getDataType(), flat.getDevice());
      for (long begin = 0; begin < flat.size(); begin += step(flat)) {
        NDIndex range = range(flat, begin);
        try (NDManager part = scope.newSubManager()) {
          NDArray target = turned.get(part, range);
          ByteBuffer bits = bits((int) target.size() * flat.getDataType().getNumOfBytes());
          in.read(bits);
          turn(bits.flip(), flat.get(part, range).toByteBuffer(true));
          NDArray values = part.create(bits, target.getShape(), flat.getDataType());
          TorchOps.get().copy(List.of(values), List.of(target));
        }
      }
      TorchOps.get().copy(List.of(turned.reshape(array.getShape())), List.of(array));
    }
  }

  private ByteBuffer bits(int size) {
    return slice.slice(0, size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@code bits ^= bytes}, eight at a time. */
  private static void turn(ByteBuffer bits, ByteBuffer bytes) {
    ByteBuffer others = bytes.slice().order(bits.order());
    int size = bits.limit();
    int i = 0;
    for (; i <= size - Long.BYTES; i += Long.BYTES) {
      bits.putLong(i, bits.getLong(i) ^ others.getLong(i));
    }
    for (; i < size; i++) {
      bits.put(i, (byte) (bits.get(i) ^ others.get(i)));
    }
  }

  private static long step(NDArray flat) {
    return TensorBytes.SLICE_BYTES / flat.getDataType().getNumOfBytes();
  }

  private static NDIndex range(NDArray flat, long begin) {
    return new NDIndex().addSliceDim(begin, Math.min(begin + step(flat), flat.size()));
  }
}
