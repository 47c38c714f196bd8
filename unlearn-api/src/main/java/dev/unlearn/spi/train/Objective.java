package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;

/**
 * A scalar to <strong>minimise</strong>.
 *
 * <p>Called once per micro-batch from the run's thread, with gradients on. Build the scalar from
 * the leaves of {@code context.forget().pass()} and return the micro-batch's share of it, by {@link
 * Share#tokenMean} or {@link Share#sequenceMean}. Intermediate arrays belong to the batch's manager
 * and are freed with it; keep none.
 */
@FunctionalInterface
public interface Objective {

  /** Returns this micro-batch's share of the loss, a float32 scalar of shape (). */
  NDArray loss(ObjectiveContext context);

  /** Returns what this objective is, parameters included, for logs and the report. */
  default String description() {
    return "custom objective";
  }
}
