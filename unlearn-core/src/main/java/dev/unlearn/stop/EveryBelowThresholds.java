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
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** {@link StoppingCriteria#everyForgotten(ForgettingThresholds)}. */
final class EveryBelowThresholds implements StoppingCriterion {
  private final ForgettingThresholds thresholds;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;
  private final Metric likelihoodWherePassed;

  EveryBelowThresholds(ForgettingThresholds thresholds) {
    this.thresholds = requireNonNull(thresholds, "thresholds");
    likelihood = ExtractionLikelihood.of(thresholds.order());
    likelihoodWherePassed = new LikelihoodWherePassed(thresholds);
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    MetricResult ma = progress.measure(accuracy);
    int size = ma.perSequence().size();
    long passed = ma.perSequence().stream().filter(thresholds::accuracyPassed).count();
    if (passed == 0) {
      return Decision.proceed();
    }
    MetricResult el = progress.measure(passed == size ? likelihood : likelihoodWherePassed);
    List<Integer> forgotten = BelowThresholds.positions(true, thresholds, ma, el);
    return forgotten.size() == size
        ? Decision.forgotten(reason(ma.perSequence(), el.perSequence()))
        : Decision.proceed(forgotten);
  }

  private String reason(List<Double> ma, List<Double> el) {
    return String.format(
        Locale.ROOT,
        "each of %d sequences: MA at most %.4f (threshold %.4f), EL_%d at most %.4f (threshold"
            + " %.4f)",
        ma.size(),
        Collections.max(ma),
        thresholds.maThreshold(),
        thresholds.order(),
        Collections.max(el),
        thresholds.elThreshold());
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

  @Override
  public String description() {
    return "every-forgotten(" + thresholds + ")";
  }
}
