package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Measures sequences all together and domain by domain.
 *
 * <p>What holds on the mean need not hold for code, letters and patents each. A domain's aggregate
 * is the metric's own over its sequences: a mean of means of domains would weigh them all alike.
 */
public final class ByDomain {
  private ByDomain() {}

  /**
   * Measures a metric on all sequences and on those of each domain. The model scores and continues
   * each sequence once for both.
   *
   * @return the result of all under the empty key, then one per domain, in order of first
   *     appearance; sequences without a domain count among all only
   */
  public static Map<Optional<String>, MetricResult> measure(
      Metric metric, CausalLm model, List<TokenSequence> sequences) {
    CausalLm once = new RememberingModel(model);
    Map<Optional<String>, MetricResult> results = new LinkedHashMap<>();
    results.put(Optional.empty(), metric.measure(once, sequences));
    sequences.stream()
        .map(TokenSequence::domain)
        .filter(Optional::isPresent)
        .distinct()
        .forEach(
            domain ->
                results.put(
                    domain,
                    metric.measure(
                        once, sequences.stream().filter(s -> s.domain().equals(domain)).toList())));
    return Collections.unmodifiableMap(results);
  }
}
