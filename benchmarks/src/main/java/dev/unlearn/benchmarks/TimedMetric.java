package dev.unlearn.benchmarks;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.List;

/** A metric that notes how long it took. */
final class TimedMetric implements Metric {
  private final Metric metric;
  private double seconds = Double.NaN;

  TimedMetric(Metric metric) {
    this.metric = metric;
  }

  /** Returns the seconds of the last measurement. */
  double seconds() {
    return seconds;
  }

  @Override
  public String key() {
    return metric.key();
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    long start = System.nanoTime();
    MetricResult result = metric.measure(model, sequences);
    seconds = Timing.secondsSince(start);
    return result;
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    metric.check(sequences);
  }

  @Override
  public boolean higherMeansKnown() {
    return metric.higherMeansKnown();
  }
}
