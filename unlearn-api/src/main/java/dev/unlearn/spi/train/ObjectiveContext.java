package dev.unlearn.spi.train;

/**
 * What an objective computes a micro-batch's loss from. A micro-batch has either sequences to
 * forget, with their alternatives, or sequences to keep.
 */
public interface ObjectiveContext {

  /**
   * Returns the micro-batch of sequences to forget.
   *
   * @throws IllegalStateException in {@link Objective#retainLoss}
   */
  Share forget();

  /**
   * Returns the alternatives, row by row, to the sequences to forget.
   *
   * @throws IllegalStateException in {@link Objective#retainLoss}, or if the objective does not
   *     name {@link Need#ALTERNATIVES}
   */
  Share alternatives();

  /**
   * Returns the micro-batch of sequences to keep.
   *
   * @throws IllegalStateException outside {@link Objective#retainLoss}
   */
  Share retain();

  /** Returns what the objective remembers in this run. */
  ObjectiveMemory memory();
}
