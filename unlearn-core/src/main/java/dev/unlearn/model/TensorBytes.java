package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Reads an array's bytes in pieces, so that no copy in proportion to it is made. */
public final class TensorBytes {
  private static final long MAX_BYTES = 64L << 20;

  private TensorBytes() {}

  /** Calls {@code body} with little-endian pieces, in order. */
  public static void forEach(NDArray array, Consumer<ByteBuffer> body) {
    long rows = array.getShape().dimension() == 0 ? 1 : array.getShape().get(0);
    long bytes = array.size() * array.getDataType().getNumOfBytes();
    if (bytes <= MAX_BYTES || rows <= 1) {
      body.accept(array.toByteBuffer());
      return;
    }
    long step = Math.max(1, rows * MAX_BYTES / bytes);
    for (long begin = 0; begin < rows; begin += step) {
      try (NDManager scope = array.getManager().newSubManager()) {
        NDArray piece =
            array.get(scope, new NDIndex().addSliceDim(begin, Math.min(rows, begin + step)));
        body.accept(piece.toByteBuffer());
      }
    }
  }
}
