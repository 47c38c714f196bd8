package dev.unlearn.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.report.AuditReport;
import dev.unlearn.host.ErasureStatus.Progress;
import dev.unlearn.host.ErasureStatus.State;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An erasure that has not ended. Its run tells it how far it is; others read that. */
final class Erasure implements UnlearningListener {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final long id;
  private final int texts;
  private volatile ErasureStatus status;
  private volatile boolean cancelled;

  Erasure(long id, int texts) {
    this.id = id;
    this.texts = texts;
    status = status(State.QUEUED, null);
  }

  long id() {
    return id;
  }

  ErasureStatus status() {
    return status;
  }

  boolean begun() {
    return status.state() != State.QUEUED;
  }

  void begin() {
    status = status(State.RUNNING, null);
  }

  void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** Says what metrics must be below. */
  void aim(ForgettingThresholds thresholds, int maxEpochs) {
    Map<String, Double> limits =
        ImmutableMap.of(
            "ma", thresholds.maThreshold(), "el_" + thresholds.order(), thresholds.elThreshold());
    status = status(State.RUNNING, new Progress(0, maxEpochs, "ma", 0, null, Map.of(), limits));
  }

  @Override
  public void progressed(RunProgress now) {
    Progress known = status.progress();
    if (known != null) {
      double done = (double) now.doneTokens() / Math.max(1, now.totalTokens());
      status = status(State.RUNNING, known.at(now.what(), done));
    }
  }

  @Override
  public void epochEnded(EpochReport report) {
    Progress known = status.progress();
    if (known != null) {
      status = status(State.RUNNING, known.after(report));
    }
  }

  private ErasureStatus status(State state, @Nullable Progress progress) {
    return new ErasureStatus(id, state, texts, progress, null, null);
  }

  /** Returns how it ends where there is a report of its run. */
  ErasureStatus end(State state, ForgetReport run) {
    return new ErasureStatus(id, state, texts, null, run.reason(), json(run));
  }

  /** Returns how it ends where there is none. */
  ErasureStatus end(State state, String reason) {
    return new ErasureStatus(id, state, texts, null, reason, null);
  }

  /** Returns the library's own JSON, as a tree, which others can be made part of. */
  private static JsonNode json(ForgetReport run) {
    try {
      return JSON.readTree(AuditReport.json(run));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
