package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import java.util.Set;

/**
 * A scalar to <strong>minimize</strong>: a sum of a part on the sequences to forget and, if it
 * {@link #needs() needs} them, one on sequences to keep.
 *
 * <p>Each part is called once per micro-batch from the run's thread, with gradients on. Build the
 * scalar from the leaves of the {@link Share}'s pass and return the micro-batch's share of it, by
 * {@link Share#tokenMean} or {@link Share#sequenceMean}. Intermediate arrays belong to the batch's
 * manager and are freed with it; keep none.
 *
 * <p>An objective has no state of its own, so that a recipe can be used again: what it must carry
 * from update to update is in {@link ObjectiveMemory}. A lambda is an objective that needs nothing
 * but the sequences to forget.
 */
@FunctionalInterface
public interface Objective {

  /** Returns this micro-batch's share of the part on sequences to forget, a scalar of shape (). */
  NDArray loss(ObjectiveContext context);

  /**
   * Returns this micro-batch's share of the part on sequences to keep, a scalar of shape (). Called
   * only if the objective needs {@link Need#RETAIN}.
   */
  default NDArray retainLoss(ObjectiveContext context) {
    throw new UnsupportedOperationException(
        description() + " names RETAIN in needs(), but does not implement retainLoss");
  }

  /** Returns what this objective uses beside the sequences to forget. */
  default Set<Need> needs() {
    return Set.of();
  }

  /**
   * Returns the highest layer whose hidden states of the original model are asked for; the original
   * model is run no further. This default is for any layer where they are {@link
   * Need#RETAIN_REFERENCE_STATES needed}, 0 elsewhere.
   */
  default int highestReferenceLayer() {
    return needs().contains(Need.RETAIN_REFERENCE_STATES) ? Integer.MAX_VALUE : 0;
  }

  /**
   * Refuses what this objective cannot work on, before a run begins.
   *
   * @throws IllegalArgumentException naming the rule and the value
   */
  default void check(TrainableCausalLm model, ForgetSet set) {}

  /** Called before the first micro-batch of every update. */
  default void prepare(UpdateContext update) {}

  /** Returns what this objective is, parameters included, for logs and the report. */
  default String description() {
    return "custom objective";
  }

  /**
   * Returns this objective plus a term on sequences to keep.
   *
   * @throws IllegalArgumentException if the weight is not finite and {@code > 0}
   */
  default Objective withRetain(double weight, RetainTerm term) {
    return new WithRetain(this, weight, term);
  }

  /**
   * Returns this objective plus a multiple of another.
   *
   * @throws IllegalArgumentException if the weight is not finite and {@code > 0}
   */
  default Objective plus(double weight, Objective other) {
    return new SumObjective(this, weight, other);
  }

  /**
   * Returns a multiple of this objective, both parts of it.
   *
   * @throws IllegalArgumentException if the weight is not finite and {@code > 0}
   */
  default Objective times(double weight) {
    return new WeightedObjective(weight, this);
  }
}
