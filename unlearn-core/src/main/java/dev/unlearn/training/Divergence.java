package dev.unlearn.training;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Tells, after each update, whether a run has left the numbers in which it can go on. */
final class Divergence {
  private final TrainableCausalLm model;
  private final double gradientLimit;

  Divergence(TrainableCausalLm model, double gradientLimit) {
    this.model = model;
    this.gradientLimit = gradientLimit;
  }

  /** Says what is wrong with an update, or with the weights after it. */
  Optional<String> of(UpdateResult update) {
    if (!update.isFinite()) {
      return Optional.of("loss, objective or gradient became NaN or infinite");
    }
    if (update.gradientNorm() > gradientLimit) {
      return Optional.of("the gradient's norm exceeded the limit of " + gradientLimit);
    }
    return ModelChecks.weightsAreFinite(model)
        ? Optional.empty()
        : Optional.of("the weights became NaN or infinite");
  }

  /**
   * Says which metric has no value any more although it had one: what a criterion makes of that
   * would be chance.
   *
   * @param lotBegin where in the history the lot begins
   */
  static Optional<String> undefined(Measurements now, List<EpochReport> history, int lotBegin) {
    List<EpochReport> ofLot = history.subList(lotBegin, history.size());
    return Stream.concat(
            undefined(now.ofLot(), ofLot, EpochReport::metrics),
            undefined(now.ofOtherData(), history, EpochReport::otherMetrics))
        .findFirst()
        .map(key -> "metric " + key + " became undefined");
  }

  private static Stream<String> undefined(
      Map<String, MetricResult> now,
      List<EpochReport> before,
      Function<EpochReport, Map<String, MetricResult>> metrics) {
    return now.keySet().stream()
        .filter(key -> Double.isNaN(valueOf(now, key)))
        .filter(
            key -> before.stream().anyMatch(e -> !Double.isNaN(valueOf(metrics.apply(e), key))));
  }

  private static double valueOf(Map<String, MetricResult> results, String key) {
    MetricResult result = results.get(key);
    return result == null ? Double.NaN : result.value();
  }
}
