package dev.unlearn.stop;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Extraction likelihood of those sequences alone whose memorization accuracy has passed; NaN for
 * the others, which are not decoded. Within a run it shares scores and continuations with both.
 */
final class LikelihoodWherePassed implements Metric {
  private final ForgettingThresholds thresholds;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;

  LikelihoodWherePassed(ForgettingThresholds thresholds) {
    this.thresholds = thresholds;
    likelihood = ExtractionLikelihood.of(thresholds.order());
  }

  @Override
  public String key() {
    return likelihood.key() + "_where_ma_below_" + thresholds.maThreshold();
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<Double> ma = accuracy.measure(model, sequences).perSequence();
    List<TokenSequence> passed = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      if (thresholds.maBelow(ma.get(i))) {
        passed.add(sequences.get(i));
      }
    }
    Iterator<Double> el = likelihood.measure(model, passed).perSequence().iterator();
    List<Double> values =
        ma.stream().map(value -> thresholds.maBelow(value) ? el.next() : Double.NaN).toList();
    return MetricResult.mean(key(), values);
  }

  @Override
  public boolean higherMeansKnown() {
    return true;
  }
}
