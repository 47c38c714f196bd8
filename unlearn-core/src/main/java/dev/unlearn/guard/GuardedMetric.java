package dev.unlearn.guard;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.guard.MetricGuard.Limit;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.UtilityGuard;

/**
 * A metric on a validation set, to be bounded. A value at its bound is accepted, NaN never is.
 *
 * <p>Before a run begins a guard refuses a validation set that the model's tokenizer cannot encode,
 * the model cannot take or the metric is undefined for.
 */
public final class GuardedMetric {
  private final Metric metric;
  private final Corpus validation;

  GuardedMetric(Metric metric, Corpus validation) {
    this.metric = requireNonNull(metric, "metric");
    this.validation = requireNonNull(validation, "validation");
  }

  /**
   * Returns a guard against a rise above {@code baseline + share * |baseline|}, the baseline being
   * the value of the original model. From a baseline of 0 nothing may rise.
   *
   * @param share 0.05 allows 5 %
   * @throws IllegalArgumentException if {@code share} is not finite or {@code < 0}
   */
  public UtilityGuard maxIncrease(double share) {
    checkShare("maxIncrease", share);
    return new MetricGuard(metric, validation, Limit.MAX_INCREASE, share);
  }

  /**
   * Returns a guard against a fall below {@code baseline - share * |baseline|}, the baseline being
   * the value of the original model.
   *
   * @param share 0.05 allows 5 %
   * @throws IllegalArgumentException if {@code share} is not finite or {@code < 0}
   */
  public UtilityGuard maxDecrease(double share) {
    checkShare("maxDecrease", share);
    return new MetricGuard(metric, validation, Limit.MAX_DECREASE, share);
  }

  /**
   * Returns a guard against values above a number, whatever the original model gives; if that is
   * above it already, the run ends before its first update.
   *
   * @throws IllegalArgumentException if {@code value} is NaN
   */
  public UtilityGuard atMost(double value) {
    checkArgument(!Double.isNaN(value), "atMost must be a number, but was: NaN");
    return new MetricGuard(metric, validation, Limit.AT_MOST, value);
  }

  /**
   * Returns a guard against values below a number, whatever the original model gives; if that is
   * below it already, the run ends before its first update.
   *
   * @throws IllegalArgumentException if {@code value} is NaN
   */
  public UtilityGuard atLeast(double value) {
    checkArgument(!Double.isNaN(value), "atLeast must be a number, but was: NaN");
    return new MetricGuard(metric, validation, Limit.AT_LEAST, value);
  }

  private static void checkShare(String name, double share) {
    checkArgument(
        share >= 0 && Double.isFinite(share),
        "%s must be finite and >= 0, but was: %s",
        name,
        share);
  }
}
