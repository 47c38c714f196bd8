package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures several metrics on the same sequences. */
public final class Metrics {
  private Metrics() {}

  /**
   * Measures metrics one after the other, as a run does: the model scores each sequence once, and
   * continues it once for all orders of extraction likelihood if the lowest order is the first.
   * Memorization accuracy and extraction likelihood together take hardly more than the latter.
   *
   * <p>The weights must stay the same meanwhile.
   *
   * @return the results by {@link Metric#key()}, in the order of the metrics
   * @throws IllegalArgumentException before anything is measured, if there is no metric, two have
   *     the same key, or one is undefined for a sequence
   */
  public static Map<String, MetricResult> measure(
      CausalLm model, List<TokenSequence> sequences, Metric... metrics) {
    checkArgument(metrics.length > 0, "there must be at least one metric, but there was none");
    Map<String, Metric> byKey = new LinkedHashMap<>();
    for (Metric metric : metrics) {
      checkArgument(
          byKey.put(metric.key(), metric) == null,
          "metrics must differ, but two had the key: %s",
          metric.key());
      metric.check(sequences);
    }
    CausalLm once = new RememberingModel(model);
    Map<String, MetricResult> results = new LinkedHashMap<>();
    byKey.forEach((key, metric) -> results.put(key, metric.measure(once, sequences)));
    return Collections.unmodifiableMap(results);
  }
}
