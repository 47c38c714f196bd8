package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.Locale;

/** {@link StoppingCriteria#patience(Metric, int, double)}. */
final class Patience implements StoppingCriterion {
  private final Metric metric;
  private final int epochs;
  private final double minChange;

  Patience(Metric metric, int epochs, double minChange) {
    this.metric = requireNonNull(metric, "metric");
    checkArgument(epochs > 0, "epochs must be > 0, but was: %s", epochs);
    checkArgument(
        minChange >= 0 && Double.isFinite(minChange),
        "minChange must be finite and >= 0, but was: %s",
        minChange);
    this.epochs = epochs;
    this.minChange = minChange;
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    Watch watch = new Watch();
    ofLot(progress).stream()
        .map(EpochReport::metrics)
        .filter(metrics -> metrics.containsKey(metric.key()))
        .forEach(metrics -> watch.see(metrics.get(metric.key())));
    watch.see(progress.measure(metric));
    return watch.unmoved < epochs ? Decision.proceed() : Decision.giveUp(reason(watch));
  }

  /** The latest reports; an earlier visit to the same lot does not count. */
  private static List<EpochReport> ofLot(EpochProgress progress) {
    List<EpochReport> history = progress.history();
    return history.subList(history.size() - progress.lotEpoch(), history.size());
  }

  private String reason(Watch watch) {
    return String.format(
        Locale.ROOT,
        "stalled: for %d epochs %s was not more than %s %s %.6g",
        epochs,
        metric.key(),
        minChange,
        metric.higherMeansKnown() ? "below" : "above",
        watch.best);
  }

  @Override
  public List<Metric> metrics() {
    return List.of(metric);
  }

  @Override
  public String description() {
    return "patience(" + metric.key() + ", " + epochs + ", " + minChange + ")";
  }

  /** Walks through the values, oldest first. The first is of no epoch, whatever it is. */
  private final class Watch {
    private double best = Double.NaN;
    private int unmoved = -1;

    void see(MetricResult result) {
      double value = result.value();
      if (moved(metric.higherMeansKnown() ? best - value : value - best, value)) {
        best = value;
        unmoved = 0;
      } else {
        unmoved++;
      }
    }

    /** The first value that is defined is what others are compared with; NaN is no movement. */
    private boolean moved(double change, double value) {
      return Double.isNaN(best) ? !Double.isNaN(value) : change > minChange;
    }
  }
}
