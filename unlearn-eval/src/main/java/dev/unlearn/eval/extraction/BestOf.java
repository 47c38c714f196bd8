package dev.unlearn.eval.extraction;

import java.util.Arrays;

/** The expected largest of some of many values. */
final class BestOf {
  private BestOf() {}

  /**
   * Returns the mean, over all ways to choose k of n values, of the largest chosen: with the values
   * in increasing order, {@code sum over i = k .. n of C(i - 1, k - 1) / C(n, k) * value_i}.
   *
   * @param count k, in [1, n]
   */
  static double mean(double[] values, int count) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    // The weight of the largest is k / n; each lower one follows from the one above it.
    double weight = (double) count / sorted.length;
    double sum = 0;
    for (int rank = sorted.length; rank >= count; rank--) {
      sum += weight * sorted[rank - 1];
      weight *= (double) (rank - count) / Math.max(1, rank - 1);
    }
    return Math.min(sum, sorted[sorted.length - 1]); // weights sum to 1 but for rounding
  }
}
