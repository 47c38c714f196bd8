package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How well a score tells positives (members of a training set) from negatives: the receiver
 * operating characteristic of "positive if the score is above t", for every t. Higher scores must
 * speak for positives.
 *
 * <p>A NaN is a score that could not be computed, and is left out; infinities are scores. Items of
 * one unit (document, author) are alike, so units are what is counted and resampled.
 */
public final class RocCurve {
  /** How many false positives must be expected at a rate, so that a rate of hits can be told. */
  public static final int EXPECTED_FALSE_POSITIVES = 10;

  static final double ROUNDING = 1e-9;

  private final Scores allPositives;
  private final Scores allNegatives;
  private final Scores positives;
  private final Scores negatives;

  private RocCurve(Scores allPositives, Scores allNegatives) {
    this.allPositives = allPositives;
    this.allNegatives = allNegatives;
    positives = allPositives.defined();
    negatives = allNegatives.defined();
  }

  /** Returns the curve of scores that are each a unit of their own. */
  public static RocCurve of(List<Double> positives, List<Double> negatives) {
    return of(positives, Sample.each(positives), negatives, Sample.each(negatives));
  }

  /**
   * Returns the curve of scores and the names of their units. A name means the same unit among
   * positives only, or among negatives only.
   *
   * @throws IllegalArgumentException if there are not as many units as scores
   */
  public static RocCurve of(
      List<Double> positives,
      List<String> positiveUnits,
      List<Double> negatives,
      List<String> negativeUnits) {
    return new RocCurve(new Scores(positives, positiveUnits), new Scores(negatives, negativeUnits));
  }

  /** Returns how many positives have a score. */
  public int positiveCount() {
    return positives.count();
  }

  /** Returns how many negatives have a score. */
  public int negativeCount() {
    return negatives.count();
  }

  /**
   * Returns for each positive, in order, the share of negatives with a lower score, in [0, 1], of
   * those with the same score half; NaN where there is no score. Their mean is the area under the
   * curve.
   */
  public List<Double> placements() {
    double[] sorted = negatives.sorted();
    List<Double> placements = new ArrayList<>(allPositives.count());
    for (double score : allPositives.values()) {
      double below = firstBeyond(sorted, score, false);
      double notAbove = firstBeyond(sorted, score, true);
      placements.add(Double.isNaN(score) ? Double.NaN : (below + notAbove) / 2 / sorted.length);
    }
    return placements;
  }

  /**
   * Returns the area under the curve, AUC: the probability that a positive scores higher than a
   * negative, a tie counting half; in [0, 1], 0.5 for a score that says nothing; NaN without
   * positives or negatives.
   */
  public double auc() {
    return placements().stream()
        .mapToDouble(Double::doubleValue)
        .filter(placement -> !Double.isNaN(placement))
        .average()
        .orElse(Double.NaN);
  }

  /**
   * Returns the area under the curve with its interval: from {@link Sample#BOOTSTRAP_UNITS} units
   * of both kinds on, the percentile bootstrap over units, unless all resamples are alike; else
   * Hoeffding's bound for two-sample U-statistics in its Chernoff form, {@code min(n, m)} standing
   * for the number of draws (JASA 58, 1963, section 5b), or, where units differ in size,
   * McDiarmid's bound (Surveys in Combinatorics, 1989). Both hold at any number.
   *
   * @param confidence in (0, 1)
   */
  public Estimate auc(double confidence) {
    Sample.checkConfidence(confidence);
    double auc = auc();
    int units = unitCount();
    if (units == 0) {
      return Estimate.of(Double.NaN, 0, "no values");
    }
    if (units >= Sample.BOOTSTRAP_UNITS) {
      Interval interval = bootstrap().interval(confidence);
      if (interval.low() < interval.high()) {
        return estimate(auc, interval, "bootstrap");
      }
    }
    return positives.sameSizes() && negatives.sameSizes()
        ? estimate(auc, HoeffdingInterval.of(auc, units, confidence), "Chernoff-Hoeffding")
        : estimate(auc, boundedDifferences(auc, confidence), "McDiarmid");
  }

  private Interval boundedDifferences(double auc, double confidence) {
    double squares = positives.squaredShares() + negatives.squaredShares();
    return HoeffdingInterval.weighted(auc, squares, confidence);
  }

  /**
   * Returns how the area under the curve changed between two measurements of the same items, of
   * those that have both scores, with its interval: from {@link Sample#BOOTSTRAP_UNITS} units of
   * both kinds on, both curves are resampled alike; else the interval is between the ends of the
   * two curves' own intervals, each at {@code 1 - (1 - confidence) / 2}.
   *
   * @throws IllegalArgumentException if the curves are not of the same items, by number and units
   */
  public static Estimate change(RocCurve before, RocCurve after, double confidence) {
    checkArgument(
        before.allPositives.units().equals(after.allPositives.units())
            && before.allNegatives.units().equals(after.allNegatives.units()),
        "curves to compare must be of the same items, but were of %s and %s",
        before,
        after);
    return changeOfSame(before.definedIn(after), after.definedIn(before), confidence);
  }

  private RocCurve definedIn(RocCurve other) {
    return new RocCurve(
        allPositives.definedIn(other.allPositives), allNegatives.definedIn(other.allNegatives));
  }

  private static Estimate changeOfSame(RocCurve before, RocCurve after, double confidence) {
    double change = after.auc() - before.auc();
    int units = after.unitCount();
    if (units == 0) {
      return Estimate.of(Double.NaN, 0, "no values");
    }
    if (units >= Sample.BOOTSTRAP_UNITS) {
      Interval interval = after.bootstrap().changeSince(before.bootstrap(), confidence);
      if (interval.low() < interval.high()) {
        return after.estimate(change, interval, "bootstrap");
      }
    }
    double each = 1 - (1 - confidence) / 2;
    Interval one = before.auc(each).interval().orElseThrow();
    Interval two = after.auc(each).interval().orElseThrow();
    Interval interval = new Interval(two.low() - one.high(), two.high() - one.low(), confidence);
    return after.estimate(change, interval, "two intervals");
  }

  private AucBootstrap bootstrap() {
    return new AucBootstrap(positives, negatives);
  }

  private Estimate estimate(double value, Interval interval, String method) {
    return Estimate.around(value, Optional.of(interval), unitCount(), method);
  }

  /** Returns how many negatives it takes to tell the rate of hits at a false positive rate. */
  public static int negativesNeeded(double falsePositiveRate) {
    checkArgument(
        falsePositiveRate > 0 && falsePositiveRate < 1,
        "falsePositiveRate must be in (0, 1), but was: %s",
        falsePositiveRate);
    return (int) Math.ceil(EXPECTED_FALSE_POSITIVES / falsePositiveRate - ROUNDING);
  }

  /**
   * Returns the true positive rate at a false positive rate f: the share of positives above the
   * lowest threshold that at most the share f of negatives is above. It is the curve's own step,
   * not interpolated.
   *
   * <p>The interval holds at any number: the threshold that the share f of all negatives is above
   * lies between two order statistics of these, by the binomial distribution, and the share of
   * positives above either has an interval of {@link Sample}. It takes one negative per unit;
   * otherwise there is none.
   *
   * @param falsePositiveRate in (0, 1)
   * @throws IllegalArgumentException if there are fewer than {@link #negativesNeeded} negatives
   */
  public Estimate truePositiveRate(double falsePositiveRate, double confidence) {
    int needed = negativesNeeded(falsePositiveRate);
    Sample.checkConfidence(confidence);
    checkArgument(
        negativeCount() >= needed,
        "a true positive rate at a false positive rate of %s needs at least %s negatives, but there"
            + " were: %s",
        falsePositiveRate,
        needed,
        negativeCount());
    return TruePositiveRate.at(falsePositiveRate, positives, negatives, confidence);
  }

  private int unitCount() {
    return Math.min(positives.unitCount(), negatives.unitCount());
  }

  /** Returns the index of the first element above a value, or not below it. */
  private static int firstBeyond(double[] sorted, double value, boolean above) {
    int from = 0;
    int to = sorted.length;
    while (from < to) {
      int middle = (from + to) >>> 1;
      boolean before = above ? sorted[middle] <= value : sorted[middle] < value;
      if (before) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** Shows sizes only. */
  @Override
  public String toString() {
    return "RocCurve[positives=" + positiveCount() + ", negatives=" + negativeCount() + "]";
  }
}
