package dev.unlearn.training;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures lazily and remembers, by metric and data, until the weights change. */
final class Measurements {
  private final RememberingCausalLm model;
  private final MeasuringProgress progress;
  private final IdentityHashMap<Corpus, List<TokenSequence>> encoded = new IdentityHashMap<>();
  private final Map<String, MetricResult> ofLot = new LinkedHashMap<>();
  private final IdentityHashMap<Corpus, Map<String, MetricResult>> ofCorpora =
      new IdentityHashMap<>();
  private List<TokenSequence> lot = List.of();

  /**
   * Creates an empty memory.
   *
   * @param progress hears of every metric that is computed
   */
  Measurements(CausalLm model, MeasuringProgress progress) {
    this.model = new RememberingCausalLm(model);
    this.progress = progress;
  }

  void lotIs(List<TokenSequence> newLot) {
    lot = newLot;
    ofLot.clear();
  }

  void weightsChanged() {
    model.weightsChanged();
    ofLot.clear();
    ofCorpora.clear();
  }

  /** What was measured on the lot since the weights or the lot changed, by key. */
  Map<String, MetricResult> ofLot() {
    return ofLot;
  }

  @CanIgnoreReturnValue
  MetricResult measure(Metric metric) {
    return remembered(ofLot, metric, lot);
  }

  MetricResult measure(Metric metric, Corpus corpus) {
    return remembered(
        ofCorpora.computeIfAbsent(corpus, unused -> new HashMap<>()), metric, encode(corpus));
  }

  private List<TokenSequence> encode(Corpus corpus) {
    return encoded.computeIfAbsent(corpus, c -> model.tokenizer().sequences(c));
  }

  private MetricResult remembered(
      Map<String, MetricResult> known, Metric metric, List<TokenSequence> sequences) {
    MetricResult result = known.get(metric.key());
    if (result == null) {
      model.measuring(metric.key(), sequences, progress);
      result = metric.measure(model, sequences);
      known.put(metric.key(), result);
    }
    return result;
  }
}
