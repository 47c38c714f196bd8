package dev.unlearn.eval.stat;

import dev.unlearn.api.Interval;
import java.util.List;
import java.util.Optional;

/** The true positive rate at a false positive rate; see {@link RocCurve#truePositiveRate}. */
final class TruePositiveRate {
  private final Scores positives;
  private final double[] negatives;

  private TruePositiveRate(Scores positives, double[] negatives) {
    this.positives = positives;
    this.negatives = negatives;
  }

  static Estimate at(double rate, Scores positives, Scores negatives, double confidence) {
    int units = Math.min(positives.unitCount(), negatives.unitCount());
    if (units == 0) {
      return Estimate.of(Double.NaN, 0, "no values");
    }
    TruePositiveRate curve = new TruePositiveRate(positives, negatives.sorted());
    int allowed = (int) Math.floor(rate * negatives.count() + RocCurve.ROUNDING);
    List<Double> hits = curve.above(allowed + 1);
    double value = hits.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    return negatives.unitCount() == negatives.count()
        ? Estimate.around(
            value, Optional.of(curve.interval(rate, confidence)), units, "order statistics")
        : Estimate.of(value, units, "no interval: negatives share units");
  }

  /** Four ends, each wrong with a quarter of the probability that is allowed. */
  private Interval interval(double rate, double confidence) {
    int count = negatives.length;
    double tail = (1 - confidence) / 4;
    int few = 0; // fewer than so many above the true threshold are improbable
    while (few < count && 1 - ClopperPearson.atLeast(few + 1, count, rate) <= tail) {
      few++;
    }
    int many = few + 1; // so many above it are improbable
    while (many <= count && ClopperPearson.atLeast(many, count, rate) > tail) {
      many++;
    }
    double each = 1 - (1 - confidence) / 2;
    double low = few == 0 ? 0 : ends(few, each).low();
    double high = many > count ? 1 : ends(many, each).high();
    return new Interval(low, high, confidence);
  }

  private Interval ends(int rank, double confidence) {
    return Sample.ofShares(above(rank), positives.units())
        .mean(confidence)
        .interval()
        .orElseThrow();
  }

  /** Returns 1 for each positive above the negative of a rank, 1 being the highest, else 0. */
  private List<Double> above(int rank) {
    double threshold = negatives[negatives.length - rank];
    return positives.values().stream().map(score -> score > threshold ? 1.0 : 0.0).toList();
  }
}
