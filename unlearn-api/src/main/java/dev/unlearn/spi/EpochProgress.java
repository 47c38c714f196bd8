package dev.unlearn.spi;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * A run after an epoch, as a stopping criterion sees it.
 *
 * <p>Measuring is lazy and remembered until the next update: what nobody asks for costs nothing,
 * what two criteria ask for is computed once, and metrics on the same data share their passes and
 * continuations.
 */
public interface EpochProgress {

  /** Returns the number of updates since the run began. */
  int epoch();

  /** Returns the number of updates on the current lot; 0 before its first. */
  int lotEpoch();

  /** Returns the sequences of the current lot. */
  List<TokenSequence> lot();

  /** Returns the reports of all earlier epochs, oldest first; the first holds the baselines. */
  List<EpochReport> history();

  /** Measures the current lot. */
  MetricResult measure(Metric metric);

  /** Measures other data; a corpus is known by identity. */
  MetricResult measure(Metric metric, Corpus corpus);

  /** Returns what {@link #measure(Metric)} gave before the first update of the run. */
  MetricResult baseline(Metric metric);

  /** Returns what {@link #measure(Metric, Corpus)} gave before the first update of the run. */
  MetricResult baseline(Metric metric, Corpus corpus);
}
