package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.Function;

/**
 * Reads values of arrays that outlive the reading. For an array on another device DJL makes a copy
 * in host memory, in a manager of its own below the array's, and keeps both as long as that one.
 */
public final class HostValues {
  private HostValues() {}

  /** Returns the values of a float32 array. */
  public static float[] floats(NDArray array) {
    return read(array, NDArray::toFloatArray);
  }

  /** Returns the values of an int64 array. */
  public static long[] longs(NDArray array) {
    return read(array, NDArray::toLongArray);
  }

  /** Returns the value of a float32 array of one element. */
  public static float number(NDArray array) {
    return floats(array)[0];
  }

  private static <T> T read(NDArray array, Function<NDArray, T> values) {
    if (Devices.isHost(array.getDevice())) {
      return values.apply(array);
    }
    try (NDManager scope = array.getManager().newSubManager();
        NDArray same = array.stopGradient()) {
      same.attach(scope);
      return values.apply(same);
    }
  }
}
