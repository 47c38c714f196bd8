package dev.unlearn.model.generation;

import java.util.Arrays;

/**
 * Finds how far down scores must be kept for their weights to reach a sum: without sorting, in time
 * linear in their number.
 *
 * <p>A radix selection. Bits of floats, with the sign turned, sort as the floats do; of these bits,
 * a digit at a time from the highest, it sums the weights that fall on each value of the digit, and
 * goes on with the scores at whose value the sum is reached.
 */
final class Threshold {
  private static final int DIGIT_BITS = 11;
  private static final int DIGIT_MASK = (1 << DIGIT_BITS) - 1;

  private final double[] sums = new double[1 << DIGIT_BITS];
  private float score;
  private double above;

  /**
   * Finds the highest score such that the weights of it and all higher ones sum to at least what is
   * wanted; the lowest score with a weight if rounding keeps the sum from being reached.
   *
   * @param scores neither NaN nor -0
   * @param weights one for each score, >= 0 and not all 0
   * @param size the length of the part of both arrays to use
   * @param wanted more than 0
   */
  void find(float[] scores, double[] weights, int size, double wanted) {
    above = 0;
    long prefix = 0;
    for (int shift = 2 * DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
      Arrays.fill(sums, 0);
      for (int i = 0; i < size; i++) {
        long key = key(scores[i]);
        if (key >>> (shift + DIGIT_BITS) == prefix) {
          sums[(int) (key >>> shift) & DIGIT_MASK] += weights[i];
        }
      }
      prefix = prefix << DIGIT_BITS | digitReaching(wanted);
    }
    score = score((int) prefix);
  }

  /** Adds the sums of the digits above the one it returns to {@link #above}. */
  private int digitReaching(double wanted) {
    int reached = -1;
    for (int digit = DIGIT_MASK; digit >= 0; digit--) {
      if (sums[digit] > 0) {
        above += reached < 0 ? 0 : sums[reached];
        reached = digit;
        if (above + sums[digit] >= wanted) {
          break;
        }
      }
    }
    return reached;
  }

  /** Returns 32 bits without sign. */
  private static long key(float score) {
    int bits = Float.floatToRawIntBits(score);
    return Integer.toUnsignedLong(bits < 0 ? ~bits : bits ^ Integer.MIN_VALUE);
  }

  private static float score(int key) {
    return Float.intBitsToFloat(key < 0 ? key ^ Integer.MIN_VALUE : ~key);
  }

  /** Returns the score found. */
  float score() {
    return score;
  }

  /** Returns the sum of the weights of all scores above the one found, up to rounding. */
  double above() {
    return above;
  }
}
