package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import java.util.Set;

/**
 * What is minimized on sequences to keep, beside an {@link Objective} on those to forget; see
 * {@link Objective#withRetain}.
 */
@FunctionalInterface
public interface RetainTerm {

  /**
   * Returns this micro-batch's share of the term, a scalar of shape (), as an {@link Objective}
   * does.
   */
  NDArray loss(Share retain);

  /** Returns what is used beside {@link Need#RETAIN}, which goes without saying. */
  default Set<Need> needs() {
    return Set.of();
  }

  /** Returns what {@link Objective#highestReferenceLayer} does. */
  default int highestReferenceLayer() {
    return needs().contains(Need.RETAIN_REFERENCE_STATES) ? Integer.MAX_VALUE : 0;
  }

  /**
   * Refuses a model this term cannot work on, before a run begins.
   *
   * @throws IllegalArgumentException naming the rule and the value
   */
  default void check(TrainableCausalLm model) {}

  /** Returns what this term is, for logs and the report. */
  default String description() {
    return "custom retain term";
  }
}
