package dev.unlearn.spi;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * Measures a model on sequences. Implementations are immutable; two metrics with the same {@link
 * #key()} must measure the same thing, because a run remembers results by key.
 */
public interface Metric {

  /** Returns the name in reports, locale-independent, parameters included: {@code "el_10"}. */
  String key();

  /**
   * Measures the model; called from the run's thread, at most once per key, data and epoch.
   *
   * @return the aggregate and one value per sequence, in order, NaN where undefined
   */
  MetricResult measure(CausalLm model, List<TokenSequence> sequences);

  /**
   * Refuses sequences this metric is undefined for, before a run begins.
   *
   * @throws IllegalArgumentException naming the sequence's index, the rule and the value
   */
  default void check(List<TokenSequence> sequences) {}

  /** Returns whether a higher value means that the model knows the sequences better. */
  boolean higherMeansKnown();
}
