package dev.unlearn.host;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.report.AuditReport;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an erasure, as JSON.
 *
 * @param id names it
 * @param state where it is
 * @param texts how many are to be forgotten
 * @param progress how far the run is; null before and after it
 * @param reason why it ended so, in a sentence; null before the end
 * @param report what the run did, as {@link AuditReport#json} gives it; null before the end, and
 *     where there was no run
 */
record ErasureStatus(
    long id,
    State state,
    int texts,
    @Nullable Progress progress,
    @Nullable String reason,
    @Nullable JsonNode report) {

  /** Where an erasure is. */
  enum State {
    /** Accepted; others come first. */
    QUEUED,
    /** Being worked on, on a copy of the model. */
    RUNNING,
    /** The model that answers has forgotten the texts. */
    FORGOTTEN,
    /** The run ended without success; the model that answers is the one from before. */
    NOT_FORGOTTEN,
    /** Somebody cancelled it; the model that answers is the one from before. */
    CANCELLED,
    /** Something went wrong, and the log says what; the same holds. */
    FAILED
  }

  /**
   * How far a run is.
   *
   * @param epoch the last whole one; 0 is the measurement before the first update
   * @param maxEpochs after which it gives up
   * @param doing what it is at: an objective, a metric, or health on unseen text
   * @param done the share of that, in [0, 1]
   * @param loss before the last update, nats per token; null before the first
   * @param measured metrics after the last whole epoch; EL is measured once MA has passed
   * @param thresholds what they must be below
   */
  record Progress(
      int epoch,
      int maxEpochs,
      String doing,
      double done,
      @Nullable Double loss,
      Map<String, Double> measured,
      Map<String, Double> thresholds) {

    /** Returns this, at something else or further on. */
    Progress at(String what, double share) {
      return new Progress(epoch, maxEpochs, what, share, loss, measured, thresholds);
    }

    /** Returns this after one more epoch. */
    Progress after(EpochReport report) {
      return new Progress(
          report.epoch(),
          maxEpochs,
          doing,
          1,
          report.loss().isPresent() ? (Double) report.loss().getAsDouble() : null,
          values(report.metrics()),
          thresholds);
    }

    private static Map<String, Double> values(Map<String, MetricResult> metrics) {
      Map<String, Double> values = new LinkedHashMap<>();
      metrics.forEach((key, result) -> values.put(key, result.value()));
      return values;
    }
  }
}
