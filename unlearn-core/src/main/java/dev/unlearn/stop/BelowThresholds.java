package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;
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

/** {@link StoppingCriteria#forgotten} and {@link StoppingCriteria#forgottenWithin}. */
final class BelowThresholds implements StoppingCriterion {
  /** No memorization accuracy is below it. */
  static final double NO_FLOOR = 0;

  private final ForgettingThresholds thresholds;
  private final double maFloor;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;

  BelowThresholds(ForgettingThresholds thresholds, double maFloor) {
    this.thresholds = requireNonNull(thresholds, "thresholds");
    checkArgument(
        maFloor == NO_FLOOR || (maFloor > 0 && maFloor < thresholds.maThreshold()),
        "maFloor must be >= 0 and below the MA threshold (%s), but was: %s",
        thresholds.maThreshold(),
        maFloor);
    this.maFloor = maFloor;
    likelihood = ExtractionLikelihood.of(thresholds.order());
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
    if (!thresholds.accuracyPassed(ma.value())) {
      return Decision.proceed();
    }
    MetricResult el = progress.measure(likelihood);
    return thresholds.forgotten(el.value(), ma.value())
        ? Decision.forgotten(reason(ma, el), positions(false, thresholds, ma, el))
        : Decision.proceed(positions(true, thresholds, ma, el));
  }

  /** Returns the positions of sequences that on their own are forgotten, or are not. */
  static List<Integer> positions(
      boolean forgotten, ForgettingThresholds thresholds, MetricResult ma, MetricResult el) {
    return IntStream.range(0, ma.perSequence().size())
        .filter(
            i ->
                thresholds.forgotten(el.perSequence().get(i), ma.perSequence().get(i)) == forgotten)
        .boxed()
        .toList();
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
    return maFloor == NO_FLOOR
        ? "forgotten(" + thresholds + ")"
        : "forgotten-within(" + thresholds + ", " + maFloor + ")";
  }
}
