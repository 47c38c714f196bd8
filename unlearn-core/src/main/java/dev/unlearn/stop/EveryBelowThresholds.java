package dev.unlearn.stop;

import dev.unlearn.api.Decision;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** {@link StoppingCriteria#everyForgotten(ForgettingThresholds)}. */
final class EveryBelowThresholds extends ThresholdCriterion {
  private final Metric likelihoodWherePassed;

  EveryBelowThresholds(ForgettingThresholds thresholds) {
    super(thresholds);
    likelihoodWherePassed = new LikelihoodWherePassed(thresholds);
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    MetricResult ma = progress.measure(accuracy);
    int size = ma.perSequence().size();
    long passed = ma.perSequence().stream().filter(thresholds::maBelow).count();
    if (passed == 0) {
      return Decision.proceed();
    }
    MetricResult el = progress.measure(passed == size ? likelihood : likelihoodWherePassed);
    List<Integer> forgotten = positions(true, ma, el);
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
  public String description() {
    return "every-forgotten(" + thresholds + ")";
  }
}
