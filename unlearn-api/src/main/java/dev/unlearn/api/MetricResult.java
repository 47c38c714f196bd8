package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.immutables.value.Value;

/**
 * What a metric measured: one aggregate value and one value per sequence, in the order of the
 * sequences measured.
 *
 * <p>An undefined value (for instance extraction likelihood of order 10 on 8 tokens) is {@link
 * Double#NaN}, never a silent 0, and does not enter the aggregate.
 */
@Value.Immutable
@ValueStyle
public interface MetricResult {
  /** Returns the metric's key, for instance {@code "ma"} or {@code "el_10"}. */
  String key();

  /** Returns the aggregate over all defined values; NaN if there is none. */
  double value();

  /** Returns one value per sequence, NaN where undefined. */
  List<Double> perSequence();

  /** Returns where the aggregate lies; empty where {@link #value()} is no estimate. */
  Optional<Interval> interval();

  /** Checks that an interval contains the aggregate. */
  @Value.Check
  default void check() {
    checkArgument(
        interval().isEmpty() || interval().get().contains(value()),
        "interval must contain the value (%s), but was: %s",
        value(),
        interval().orElse(null));
  }

  /** Returns a result whose aggregate is the plain mean of the defined values. */
  static MetricResult mean(String key, List<Double> perSequence) {
    OptionalDouble mean =
        perSequence.stream()
            .mapToDouble(Double::doubleValue)
            .filter(v -> !Double.isNaN(v))
            .average();
    return of(key, mean.orElse(Double.NaN), perSequence);
  }

  /** Returns a result with the given aggregate. */
  static MetricResult of(String key, double value, List<Double> perSequence) {
    return ImmutableMetricResult.builder()
        .key(key)
        .value(value)
        .addAllPerSequence(perSequence)
        .build();
  }

  /**
   * Returns an estimate with its interval.
   *
   * @throws IllegalArgumentException if the interval does not contain the aggregate
   */
  static MetricResult of(String key, double value, List<Double> perSequence, Interval interval) {
    return ImmutableMetricResult.builder()
        .key(key)
        .value(value)
        .addAllPerSequence(perSequence)
        .interval(interval)
        .build();
  }
}
