package dev.unlearn.stop;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** {@link StoppingCriteria#forgotten(ForgettingThresholds)}. */
final class BelowThresholds implements StoppingCriterion {
  private final ForgettingThresholds thresholds;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;

  BelowThresholds(ForgettingThresholds thresholds) {
    this.thresholds = requireNonNull(thresholds, "thresholds");
    likelihood = ExtractionLikelihood.of(thresholds.order());
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    MetricResult ma = progress.measure(accuracy);
    if (!thresholds.accuracyPassed(ma.value())) {
      return Decision.proceed();
    }
    MetricResult el = progress.measure(likelihood);
    if (!thresholds.forgotten(el.value(), ma.value())) {
      return Decision.proceed();
    }
    String reason =
        String.format(
            Locale.ROOT,
            "mean MA %.4f (threshold %.4f), mean EL_%d %.4f (threshold %.4f)",
            ma.value(),
            thresholds.maThreshold(),
            thresholds.order(),
            el.value(),
            thresholds.elThreshold());
    return Decision.forgotten(reason, above(ma.perSequence(), el.perSequence()));
  }

  private List<Integer> above(List<Double> ma, List<Double> el) {
    return IntStream.range(0, ma.size())
        .filter(i -> !thresholds.forgotten(el.get(i), ma.get(i)))
        .boxed()
        .toList();
  }

  @Override
  public List<Metric> metrics() {
    return List.of(accuracy, likelihood);
  }

  @Override
  public void check(ForgetSet set) {
    StoppingCriterion.super.check(set);
    thresholds.check(set);
  }

  /** All of the thresholds, unrounded, so that a report tells what was decided by. */
  @Override
  public String description() {
    return "forgotten(" + thresholds + ")";
  }
}
