package dev.unlearn.eval.task;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mean of items by weight, its interval and its change.
 *
 * <p>A mean by weight is a ratio of two sums. What each item does to it, {@code R + w (x - R) /
 * mean(w)} (Taylor linearisation; Woodruff, JASA 66, 1971), has the ratio as its plain mean, and so
 * gives it the interval of one.
 */
final class WeightedMean {
  private final TaskMetric metric;
  private final List<Double> items = new ArrayList<>();
  private final List<Double> weights = new ArrayList<>();
  private final List<String> units = new ArrayList<>();

  /** Leaves out items that are NaN in any of the lists. */
  private WeightedMean(
      TaskMetric metric,
      List<Double> items,
      List<Double> weights,
      List<String> units,
      List<Double> others) {
    this.metric = metric;
    for (int i = 0; i < items.size(); i++) {
      if (!Double.isNaN(items.get(i)) && !Double.isNaN(others.get(i))) {
        this.items.add(items.get(i));
        this.weights.add(weights.get(i));
        this.units.add(units.get(i));
      }
    }
  }

  static Estimate of(
      TaskMetric metric,
      List<Double> items,
      List<Double> weights,
      List<String> units,
      double confidence) {
    return new WeightedMean(metric, items, weights, units, items).estimate(confidence);
  }

  /** Returns the mean change over the items that both have. */
  static Optional<Estimate> change(
      TaskValue before, TaskValue after, List<String> units, double confidence) {
    WeightedMean first =
        new WeightedMean(before.metric(), before.items(), before.weights(), units, after.items());
    WeightedMean second =
        new WeightedMean(after.metric(), after.items(), after.weights(), units, before.items());
    if (before.metric().isShare() && first.unweighted()) {
      return Optional.of(Sample.ofChanges(first.items, second.items, first.units).mean(confidence));
    }
    List<Double> ones = first.influences();
    List<Double> others = second.influences();
    boolean finite =
        ones.stream().allMatch(Double::isFinite) && others.stream().allMatch(Double::isFinite);
    return finite
        ? Optional.of(Sample.ofNumberChanges(ones, others, first.units).mean(confidence))
        : Optional.empty();
  }

  private Estimate estimate(double confidence) {
    if (metric.isShare()) {
      return Sample.ofShares(items, units).mean(confidence);
    }
    Estimate mean = Sample.ofNumbers(unweighted() ? items : linearised(), units).mean(confidence);
    double value = ratio();
    if (!metric.isExponential()) {
      return Estimate.around(value, mean.interval(), mean.unitCount(), mean.method());
    }
    Optional<Interval> interval =
        mean.interval()
            .map(i -> new Interval(Math.exp(i.low()), Math.exp(i.high()), i.confidence()));
    return Estimate.around(Math.exp(value), interval, mean.unitCount(), mean.method());
  }

  private boolean unweighted() {
    return weights.stream().distinct().count() <= 1;
  }

  private double ratio() {
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < items.size(); i++) {
      sum += items.get(i) * weights.get(i);
      weight += weights.get(i);
    }
    return sum / weight;
  }

  private List<Double> linearised() {
    double ratio = ratio();
    double mean = weights.stream().mapToDouble(w -> w).average().orElse(Double.NaN);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      values.add(ratio + weights.get(i) * (items.get(i) - ratio) / mean);
    }
    return values;
  }

  /** Returns what each item does to the metric; their plain mean is the metric. */
  private List<Double> influences() {
    if (!metric.isExponential()) {
      return linearised();
    }
    double ratio = ratio();
    double value = Math.exp(ratio);
    return linearised().stream().map(item -> value * (1 + item - ratio)).toList();
  }
}
