package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;
import java.util.Optional;

/**
 * An estimate from a sample.
 *
 * @param value the estimate; NaN if there was nothing to estimate it from
 * @param interval where the true value lies; empty where none can be given
 * @param unitCount how many independent units (sequences, documents, authors) it rests on
 * @param method how the interval was made, for reports
 */
public record Estimate(double value, Optional<Interval> interval, int unitCount, String method) {

  /** Checks that the interval contains the value. */
  public Estimate {
    checkArgument(
        interval.isEmpty() || interval.get().contains(value),
        "interval must contain the value (%s), but was: %s",
        value,
        interval.orElse(null));
  }

  /**
   * Returns an estimate whose interval is widened to contain the value: a guard against rounding,
   * where an interval ends at its value.
   */
  public static Estimate around(
      double value, Optional<Interval> interval, int unitCount, String method) {
    Optional<Interval> containing =
        interval.map(
            i -> new Interval(Math.min(i.low(), value), Math.max(i.high(), value), i.confidence()));
    return new Estimate(value, containing, unitCount, method);
  }

  /** Returns a value known without an interval. */
  public static Estimate of(double value, int unitCount, String why) {
    return new Estimate(value, Optional.empty(), unitCount, why);
  }
}
