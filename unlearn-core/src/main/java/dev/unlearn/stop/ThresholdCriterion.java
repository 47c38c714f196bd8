package dev.unlearn.stop;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.stream.IntStream;

/** What criteria that decide by thresholds have in common: what they measure and refuse. */
abstract class ThresholdCriterion implements StoppingCriterion {
  final ForgettingThresholds thresholds;
  final Metric accuracy = MemorizationAccuracy.of();
  final Metric likelihood;

  ThresholdCriterion(ForgettingThresholds thresholds) {
    this.thresholds = requireNonNull(thresholds, "thresholds");
    likelihood = ExtractionLikelihood.of(thresholds.order());
  }

  @Override
  public final List<Metric> metrics() {
    return List.of(accuracy, likelihood);
  }

  @Override
  public final void check(CausalLm model, ForgetSet set) {
    StoppingCriterion.super.check(model, set);
    thresholds.check(set);
  }

  /** Returns the positions of sequences that on their own are forgotten, or are not. */
  final List<Integer> positions(boolean forgotten, MetricResult ma, MetricResult el) {
    return IntStream.range(0, ma.perSequence().size())
        .filter(
            i ->
                thresholds.forgotten(el.perSequence().get(i), ma.perSequence().get(i)) == forgotten)
        .boxed()
        .toList();
  }
}
