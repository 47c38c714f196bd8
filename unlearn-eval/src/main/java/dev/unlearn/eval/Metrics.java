package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.Maps;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures several metrics on the same sequences. */
public final class Metrics {
  private Metrics() {}

  /**
   * Measures metrics so that the model reads each sequence as rarely as it can. It continues it
   * once for all orders of extraction likelihood, and memorization accuracy follows from that.
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
    Map<String, MetricResult> results = new HashMap<>();
    byKey.values().stream()
        .sorted(Comparator.comparingInt(Metrics::rank))
        .forEach(metric -> results.put(metric.key(), metric.measure(once, sequences)));
    return Maps.toMap(byKey.keySet(), key -> verifyNotNull(results.get(key)));
  }

  /** Continuations have the greedy choices that others ask for; short n-grams need the most. */
  private static int rank(Metric metric) {
    if (metric instanceof ExtractionLikelihood likelihood) {
      return likelihood.order();
    }
    if (metric instanceof SampledExtractionLikelihood likelihood) {
      return likelihood.order();
    }
    return metric instanceof PaperExtractionLikelihood ? 1 : Integer.MAX_VALUE; // whole ones
  }
}
