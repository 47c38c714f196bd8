package dev.unlearn.internal;

import java.util.Arrays;

/** Numbers of rows and places, for arrays that the engine looks things up by. */
public final class Indices {
  private Indices() {}

  /** Widens numbers, since an index of any other type than int64 is copied to one of that. */
  public static long[] longs(int[] numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }
}
