package dev.unlearn.benchmarks;

import java.util.Arrays;

/** Seconds, and what is said of several of them. */
final class Timing {
  private Timing() {}

  static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Returns the middle value, the upper one of two. */
  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
