package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;

/** Ids that an operator chose. */
final class Ids {
  private Ids() {}

  /** Returns what an int64 array holds, and closes it. */
  static int[] of(NDArray ids) {
    long[] values = ids.toLongArray();
    ids.close();
    int[] result = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = Math.toIntExact(values[i]);
    }
    return result;
  }
}
