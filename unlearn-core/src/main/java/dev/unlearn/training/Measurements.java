package dev.unlearn.training;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures lazily and remembers, by metric and data, until the weights change; and what the
 * original model gave, for ever.
 */
final class Measurements {
  private final RememberingCausalLm model;
  private final OriginalModel original;
  private final MeasuringProgress progress;
  private final IdentityHashMap<Corpus, List<TokenSequence>> encoded = new IdentityHashMap<>();
  private final Map<String, MetricResult> ofLot = new LinkedHashMap<>();
  private final IdentityHashMap<Corpus, Map<String, MetricResult>> ofCorpora =
      new IdentityHashMap<>();
  private final Map<String, MetricResult> lotBefore = new HashMap<>();
  private final IdentityHashMap<Corpus, Map<String, MetricResult>> corporaBefore =
      new IdentityHashMap<>();
  private final Map<String, MetricResult> others = new LinkedHashMap<>();
  private final IdentityHashMap<Corpus, Map<String, String>> reportKeys = new IdentityHashMap<>();
  private final Set<String> usedKeys = new HashSet<>();
  private List<TokenSequence> lot = List.of();
  private boolean changed;

  /**
   * Creates an empty memory of a model that is the original one still.
   *
   * @param progress hears of every metric that is computed
   */
  Measurements(CausalLm model, OriginalModel original, MeasuringProgress progress) {
    this.model = new RememberingCausalLm(model);
    this.original = original;
    this.progress = progress;
  }

  void lotIs(List<TokenSequence> newLot) {
    lot = newLot;
    ofLot.clear();
    lotBefore.clear();
  }

  void weightsChanged() {
    changed = true;
    model.weightsChanged();
    ofLot.clear();
    ofCorpora.clear();
    others.clear();
  }

  /** What was measured on the lot since the weights or the lot changed, by key. */
  Map<String, MetricResult> ofLot() {
    return ofLot;
  }

  /** What was measured on other data since the weights changed, by key. */
  Map<String, MetricResult> ofOtherData() {
    return others;
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
    Map<String, MetricResult> results = of(ofCorpora, corpus);
    MetricResult known = results.get(metric.key());
    if (known == null) {
      known = fresh(metric, encode(corpus));
      results.put(metric.key(), known);
      others.put(reportKey(metric, corpus), known);
      if (!changed) {
        of(corporaBefore, corpus).put(metric.key(), known);
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
    Map<String, MetricResult> results = of(corporaBefore, corpus);
    MetricResult known = changed ? results.get(metric.key()) : measure(metric, corpus);
    if (known == null) {
      known = before(metric, encode(corpus));
      results.put(metric.key(), known);
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

  private static Map<String, MetricResult> of(
      IdentityHashMap<Corpus, Map<String, MetricResult>> results, Corpus corpus) {
    return results.computeIfAbsent(corpus, unused -> new HashMap<>());
  }

  /** Returns the name in reports of a metric on a corpus: the same for the whole run. */
  private String reportKey(Metric metric, Corpus corpus) {
    return reportKeys
        .computeIfAbsent(corpus, unused -> new HashMap<>())
        .computeIfAbsent(metric.key(), this::unusedKey);
  }

  private String unusedKey(String key) {
    String next = key;
    for (int number = 2; !usedKeys.add(next); number++) {
      next = key + "#" + number;
    }
    return next;
  }

  private List<TokenSequence> encode(Corpus corpus) {
    return encoded.computeIfAbsent(corpus, c -> model.tokenizer().sequences(c));
  }
}
