package dev.unlearn.host;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ForgetReport} as JSON: numbers, digests and the caller's names; no text, no ids.
 *
 * @param before metrics before the first update, by key
 * @param after metrics after the last, by key
 * @param names of the texts, {@code "#0"} and so on where none were given
 * @param above names of texts that on their own are still at or above a threshold
 * @param resumedAfter the epoch after which the run was gone on with; null if it was not
 */
record ErasureReport(
    Outcome outcome,
    boolean restored,
    Map<String, Double> before,
    Map<String, Double> after,
    List<String> names,
    List<String> above,
    @Nullable HealthReport health,
    @Nullable Integer resumedAfter,
    Instant startedAt,
    double seconds,
    Map<String, String> digests,
    Map<String, String> settings,
    Map<String, String> versions,
    List<Epoch> epochs) {

  /** The model on unseen text, before and after. */
  record HealthReport(double lossBefore, double lossAfter, double maBefore, double maAfter) {
    static HealthReport of(Health health) {
      return new HealthReport(
          health.lossBefore(), health.lossAfter(), health.maBefore(), health.maAfter());
    }
  }

  /** An epoch; {@code loss} is null before the first update. */
  record Epoch(int epoch, @Nullable Double loss, Map<String, Double> metrics, double seconds) {
    static Epoch of(EpochReport report) {
      return new Epoch(
          report.epoch(),
          lossOf(report),
          values(report.metrics()),
          report.duration().toMillis() / 1e3);
    }
  }

  static ErasureReport of(ForgetReport report) {
    return new ErasureReport(
        report.outcome(),
        report.restored(),
        values(report.before()),
        values(report.after()),
        report.sequenceNames(),
        report.sequencesAbove().stream().map(report.sequenceNames()::get).toList(),
        report.health().map(HealthReport::of).orElse(null),
        report.resumedAfter().isPresent() ? (Integer) report.resumedAfter().getAsInt() : null,
        report.startedAt(),
        report.duration().toMillis() / 1e3,
        report.digests(),
        report.settings(),
        report.versions(),
        report.epochs().stream().map(Epoch::of).toList());
  }

  static @Nullable Double lossOf(EpochReport report) {
    return report.loss().isPresent() ? (Double) report.loss().getAsDouble() : null;
  }

  static Map<String, Double> values(Map<String, MetricResult> metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    metrics.forEach((key, result) -> values.put(key, result.value()));
    return values;
  }
}
