package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;

/** Reads an array's bytes slice by slice, so that no copy in proportion to it is made. */
public final class TensorBytes {
  /** The size of a slice. */
  public static final int SLICE_BYTES = 1 << 24;

  private TensorBytes() {}

  /**
   * Takes a slice; it is valid during the call only.
   *
   * @param <E> what taking it may throw
   */
  @FunctionalInterface
  public interface Sink<E extends Exception> {
    /** Called with little-endian slices, in order. */
    void accept(ByteBuffer slice) throws E;
  }

  /** Gives all bytes of an array to a sink. Nothing stays with the array's manager. */
  public static <E extends Exception> void forEach(NDArray array, Sink<E> sink) throws E {
    forEach(array, slice -> slice, sink);
  }

  /**
   * Gives all bytes of an array to a sink, each slice converted first. Nothing stays with the
   * array's manager.
   *
   * @param conversion returns an array of the slice's manager
   */
  public static <E extends Exception> void forEach(
      NDArray array, UnaryOperator<NDArray> conversion, Sink<E> sink) throws E {
    long size = array.size();
    long step = SLICE_BYTES / array.getDataType().getNumOfBytes();
    try (NDArray flat = array.reshape(new Shape(-1))) {
      for (long begin = 0; begin < size; begin += step) {
        NDIndex range = new NDIndex().addSliceDim(begin, Math.min(begin + step, size));
        // On another device the buffer is over a copy that would stay with the array's manager.
        try (NDManager scope = array.getManager().newSubManager()) {
          sink.accept(conversion.apply(flat.get(scope, range)).toByteBuffer(true));
        }
      }
    }
  }
}
