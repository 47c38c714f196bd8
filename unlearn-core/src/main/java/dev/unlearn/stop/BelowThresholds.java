package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Decision;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.EpochProgress;
import java.util.Locale;

/** {@link StoppingCriteria#forgotten} and {@link StoppingCriteria#forgottenWithin}. */
final class BelowThresholds extends ThresholdCriterion {
  /** No memorization accuracy is below it. */
  static final double NO_FLOOR = 0;

  private final double maFloor;

  BelowThresholds(ForgettingThresholds thresholds, double maFloor) {
    super(thresholds);
    checkArgument(
        maFloor == NO_FLOOR || (maFloor > 0 && maFloor < thresholds.maThreshold()),
        "maFloor must be >= 0 and below the MA threshold (%s), but was: %s",
        thresholds.maThreshold(),
        maFloor);
    this.maFloor = maFloor;
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    MetricResult ma = progress.measure(accuracy);
    if (ma.value() < maFloor) {
      return Decision.giveUp(
          String.format(
              Locale.ROOT,
              "over-unlearned: mean MA %.4f is below its floor %.4f",
              ma.value(),
              maFloor));
    }
    if (!thresholds.maBelow(ma.value())) {
      return Decision.proceed();
    }
    MetricResult el = progress.measure(likelihood);
    return thresholds.forgotten(el.value(), ma.value())
        ? Decision.forgotten(reason(ma, el), positions(false, ma, el))
        : Decision.proceed(positions(true, ma, el));
  }

  private String reason(MetricResult ma, MetricResult el) {
    return String.format(
        Locale.ROOT,
        "mean MA %.4f (threshold %.4f), mean EL_%d %.4f (threshold %.4f)",
        ma.value(),
        thresholds.maThreshold(),
        thresholds.order(),
        el.value(),
        thresholds.elThreshold());
  }

  /** All of the thresholds, unrounded, so that a report tells what was decided by. */
  @Override
  public String description() {
    return maFloor == NO_FLOOR
        ? "forgotten(" + thresholds + ")"
        : "forgotten-within(" + thresholds + ", " + maFloor + ")";
  }
}
