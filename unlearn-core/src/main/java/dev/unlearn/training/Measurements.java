package dev.unlearn.training;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Measures lazily and remembers, by metric and data, until the weights or the lot change; and what
 * the original model gave, for ever. Nothing is remembered from one lot to the next, so that a run
 * that is resumed between them measures as if it had never stopped.
 */
final class Measurements {
  private final RememberingCausalLm model;
  private final OriginalModel original;
  private final MeasuringProgress progress;
  private final Function<Corpus, String> corpusIds;
  private final IdentityHashMap<Corpus, List<TokenSequence>> encoded = new IdentityHashMap<>();
  private final Map<String, MetricResult> ofLot = new LinkedHashMap<>();
  private final Map<String, MetricResult> lotBefore = new HashMap<>();

  /** Results on corpora, by corpus and metric. */
  private final Map<String, MetricResult> ofCorpora = new HashMap<>();

  private final Map<String, MetricResult> corporaBefore = new HashMap<>();

  /** The same by their keys in the report. */
  private final Map<String, MetricResult> others = new LinkedHashMap<>();

  private final Map<String, String> reportKeys = new LinkedHashMap<>();
  private List<TokenSequence> lot = List.of();
  private boolean changed;

  /**
   * Creates an empty memory of a model that is the original one still.
   *
   * @param corpusIds gives equal names to equal corpora only
   * @param progress hears of every metric that is computed
   */
  Measurements(
      CausalLm model,
      OriginalModel original,
      Function<Corpus, String> corpusIds,
      MeasuringProgress progress) {
    this.model = new RememberingCausalLm(model);
    this.original = original;
    this.corpusIds = corpusIds;
    this.progress = progress;
  }

  /**
   * Goes on where another run was.
   *
   * @param knownReportKeys {@link #reportKeys()} of that run
   * @param history its epochs, at least one
   */
  void resume(Map<String, String> knownReportKeys, List<EpochReport> history) {
    reportKeys.putAll(knownReportKeys);
    for (EpochReport report : history) {
      if (report.epoch() == 0) {
        reportKeys.forEach(
            (data, reportKey) -> {
              MetricResult baseline = report.otherMetrics().get(reportKey);
              if (baseline != null) {
                corporaBefore.putIfAbsent(data, baseline);
              }
            });
      }
    }
    changed = history.get(history.size() - 1).epoch() > 0;
  }

  /**
   * Says what the current lot is, and what was measured on it before the first update, if it was.
   */
  void lotIs(List<TokenSequence> newLot, Map<String, MetricResult> baselines) {
    lot = newLot;
    forget();
    lotBefore.clear();
    lotBefore.putAll(baselines);
  }

  void weightsChanged() {
    changed = true;
    forget();
  }

  private void forget() {
    model.weightsChanged();
    ofLot.clear();
    ofCorpora.clear();
    others.clear();
  }

  /** What was measured on the lot since the weights or the lot changed, by key. */
  Map<String, MetricResult> ofLot() {
    return ofLot;
  }

  /** What was measured on other data since the weights or the lot changed, by key. */
  Map<String, MetricResult> ofOtherData() {
    return others;
  }

  /** Which keys in the report belong to which metric and corpus, for {@link #resume}. */
  Map<String, String> reportKeys() {
    return reportKeys;
  }

  @CanIgnoreReturnValue
  MetricResult measure(Metric metric) {
    MetricResult known = ofLot.get(metric.key());
    if (known == null) {
      known = fresh(metric, lot);
      ofLot.put(metric.key(), known);
      if (!changed) {
        lotBefore.put(metric.key(), known);
      }
    }
    return known;
  }

  MetricResult measure(Metric metric, Corpus corpus) {
    String data = data(metric, corpus);
    MetricResult known = ofCorpora.get(data);
    if (known == null) {
      known = fresh(metric, encode(corpus));
      ofCorpora.put(data, known);
      others.put(reportKey(data, metric), known);
      if (!changed) {
        corporaBefore.put(data, known);
      }
    }
    return known;
  }

  /** Measures sequences without a place in the report. */
  MetricResult measureAside(Metric metric, List<TokenSequence> sequences) {
    return fresh(metric, sequences);
  }

  /** What {@link #measure(Metric)} gives for the original model. */
  MetricResult baseline(Metric metric) {
    MetricResult known = changed ? lotBefore.get(metric.key()) : measure(metric);
    if (known == null) {
      known = before(metric, lot);
      lotBefore.put(metric.key(), known);
    }
    return known;
  }

  /** What {@link #measure(Metric, Corpus)} gives for the original model. */
  MetricResult baseline(Metric metric, Corpus corpus) {
    String data = data(metric, corpus);
    MetricResult known = changed ? corporaBefore.get(data) : measure(metric, corpus);
    if (known == null) {
      known = before(metric, encode(corpus));
      corporaBefore.put(data, known);
    }
    return known;
  }

  private MetricResult before(Metric metric, List<TokenSequence> sequences) {
    return original.ask(
        () -> {
          RememberingCausalLm then = model.another();
          then.measuring(metric.key(), sequences, progress);
          return metric.measure(then, sequences);
        });
  }

  private MetricResult fresh(Metric metric, List<TokenSequence> sequences) {
    model.measuring(metric.key(), sequences, progress);
    return metric.measure(model, sequences);
  }

  private String data(Metric metric, Corpus corpus) {
    return corpusIds.apply(corpus) + ' ' + metric.key();
  }

  /** Returns the name in reports of a metric on a corpus: the same for the whole run. */
  private String reportKey(String data, Metric metric) {
    return reportKeys.computeIfAbsent(data, unused -> unusedKey(metric.key()));
  }

  private String unusedKey(String key) {
    String next = key;
    for (int number = 2; reportKeys.containsValue(next); number++) {
      next = key + "#" + number;
    }
    return next;
  }

  private List<TokenSequence> encode(Corpus corpus) {
    return encoded.computeIfAbsent(corpus, c -> model.tokenizer().sequences(c));
  }
}
