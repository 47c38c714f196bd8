package dev.unlearn.benchmarks;

import dev.unlearn.api.Decision;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;

/**
 * {@link StoppingCriteria#forgotten}, which remembers the seconds its metrics took in the last
 * epoch. It asks for them first, as the criterion would, which then finds them known.
 */
final class TimedThresholds implements StoppingCriterion {
  private final ForgettingThresholds thresholds;
  private final StoppingCriterion forgotten;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;
  private double accuracySeconds;
  private double likelihoodSeconds;

  TimedThresholds(ForgettingThresholds thresholds) {
    this.thresholds = thresholds;
    forgotten = StoppingCriteria.forgotten(thresholds);
    likelihood = ExtractionLikelihood.of(thresholds.order());
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    long start = System.nanoTime();
    double ma = progress.measure(accuracy).value();
    accuracySeconds = Timing.secondsSince(start);
    long middle = System.nanoTime();
    if (thresholds.maBelow(ma)) {
      var unused = progress.measure(likelihood);
    }
    likelihoodSeconds = Timing.secondsSince(middle);
    return forgotten.evaluate(progress);
  }

  double accuracySeconds() {
    return accuracySeconds;
  }

  double likelihoodSeconds() {
    return likelihoodSeconds;
  }

  @Override
  public List<Metric> metrics() {
    return forgotten.metrics();
  }

  @Override
  public String description() {
    return forgotten.description();
  }
}
