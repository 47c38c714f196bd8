package dev.unlearn.guard;

import dev.unlearn.api.Corpus;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.Metric;

/**
 * The guards that come with the library: bounds for a metric on text that the run does not train
 * on, neither to forget nor to retain.
 *
 * <pre>{@code
 * UtilityGuards.perplexity(validation).maxIncrease(0.05)
 *     .and(UtilityGuards.metric(MemorizationAccuracy.of(), records).atLeast(0.9))
 * }</pre>
 */
public final class UtilityGuards {
  private UtilityGuards() {}

  /** Returns what bounds perplexity on a validation set. */
  public static GuardedMetric perplexity(Corpus validation) {
    return metric(Perplexity.of(), validation);
  }

  /** Returns what bounds a metric's aggregate on a validation set. */
  public static GuardedMetric metric(Metric metric, Corpus validation) {
    return new GuardedMetric(metric, validation);
  }
}
