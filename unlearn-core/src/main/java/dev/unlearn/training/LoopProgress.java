package dev.unlearn.training;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import java.util.List;

/** What the criterion sees; measuring goes through the loop's memory. */
record LoopProgress(
    int epoch,
    int lotEpoch,
    List<TokenSequence> lot,
    List<EpochReport> history,
    Measurements measurements)
    implements EpochProgress {

  @Override
  public MetricResult measure(Metric metric) {
    return measurements.measure(metric);
  }

  @Override
  public MetricResult measure(Metric metric, Corpus corpus) {
    return measurements.measure(metric, corpus);
  }

  @Override
  public MetricResult baseline(Metric metric) {
    return measurements.baseline(metric);
  }

  @Override
  public MetricResult baseline(Metric metric, Corpus corpus) {
    return measurements.baseline(metric, corpus);
  }
}
