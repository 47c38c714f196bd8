package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;

/**
 * The Chernoff-Hoeffding confidence interval of a mean of numbers in [0, 1], and Hoeffding's of one
 * by weight.
 *
 * <p>For N independent draws of mean m it is {@code { p : N * kl(m, p) <= ln(2 / (1 - confidence))
 * }}, {@code kl} being the relative entropy of two coins. Near 0 and 1 it is much narrower than the
 * better known {@code m +- sqrt(ln(2 / (1 - confidence)) / (2 N))}. Source and conditions: {@link
 * dev.unlearn.eval.ExtractionLikelihood#sampled(int, long)}.
 */
public final class HoeffdingInterval {
  private static final int BISECTIONS = 100;

  private HoeffdingInterval() {}

  /**
   * Returns the interval.
   *
   * @param mean of the draws, in [0, 1]
   * @param draws how many there were
   * @param confidence in (0, 1)
   * @throws IllegalArgumentException if {@code draws < 1}, or another is out of its range
   */
  public static Interval of(double mean, long draws, double confidence) {
    checkMean(mean);
    checkArgument(draws >= 1, "draws must be >= 1, but was: %s", draws);
    Sample.checkConfidence(confidence);
    double bound = Math.log(2 / (1 - confidence)) / draws;
    return new Interval(reach(mean, 0, bound), reach(mean, 1, bound), confidence);
  }

  /**
   * Returns the interval {@code m +- sqrt(ln(2 / (1 - confidence)) / 2 * s)}, cut to [0, 1], of a
   * mean m of independent numbers by weight, s being the sum of the squares of the weights
   * (Hoeffding, JASA 58, 1963). It holds for anything else that no number can change by more than
   * its weight (McDiarmid, Surveys in Combinatorics, 1989).
   *
   * @param mean in [0, 1]
   * @param squaredWeights s, of weights that sum to 1; {@code > 0}
   * @param confidence in (0, 1)
   * @throws IllegalArgumentException if one is out of its range
   */
  public static Interval weighted(double mean, double squaredWeights, double confidence) {
    checkMean(mean);
    checkArgument(squaredWeights > 0, "squaredWeights must be > 0, but was: %s", squaredWeights);
    Sample.checkConfidence(confidence);
    double reach = Math.sqrt(Math.log(2 / (1 - confidence)) / 2 * squaredWeights);
    return new Interval(Math.max(0, mean - reach), Math.min(1, mean + reach), confidence);
  }

  private static void checkMean(double mean) {
    checkArgument(mean >= 0 && mean <= 1, "mean must be in [0, 1], but was: %s", mean);
  }

  /** Returns how far towards an end the divergence stays within the bound, rounded to the end. */
  private static double reach(double mean, double end, double bound) {
    if (divergence(mean, end) <= bound) {
      return end;
    }
    double inside = mean;
    double outside = end;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (inside + outside) / 2;
      if (divergence(mean, middle) <= bound) {
        inside = middle;
      } else {
        outside = middle;
      }
    }
    return outside;
  }

  private static double divergence(double m, double p) {
    return term(m, p) + term(1 - m, 1 - p);
  }

  private static double term(double m, double p) {
    return m == 0 ? 0 : m * Math.log(m / p);
  }
}
