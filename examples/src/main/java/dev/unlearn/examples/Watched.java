package dev.unlearn.examples;

import dev.unlearn.api.Corpus;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.UtilityGuard;
import java.util.Optional;

/** What is measured in every epoch for the report alone. */
final class Watched {
  private Watched() {}

  /** Returns a guard that objects to nothing, but puts accuracy on a corpus into every report. */
  static UtilityGuard accuracyOn(Corpus corpus) {
    return everyEpoch(MemorizationAccuracy.of(), corpus);
  }

  /** Returns a guard that objects to nothing, but puts a metric on a corpus into every report. */
  static UtilityGuard everyEpoch(Metric metric, Corpus corpus) {
    return progress -> {
      var unused = progress.measure(metric, corpus);
      return Optional.empty();
    };
  }
}
