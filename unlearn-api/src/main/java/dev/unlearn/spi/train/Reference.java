package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * What the original model, as it was before the run, says about a micro-batch; numbers without
 * gradient. Each is there only if the objective {@link Objective#needs() needs} it.
 *
 * <p>All arrays belong to the batch's manager; do not close them.
 */
public interface Reference {

  /**
   * Returns the summed log-probability of the targets of each sequence, in nats, shape (B).
   *
   * @throws IllegalStateException if the objective does not name {@link Need#REFERENCE_LIKELIHOODS}
   */
  NDArray logLikelihoods();

  /**
   * Returns the logits that predict positions 1 .. L - 1, shape (B, L - 1, vocabulary). There are
   * none for alternatives.
   *
   * @throws IllegalStateException if the objective does not name {@link Need#REFERENCE_LOGITS}, or
   *     {@link Need#RETAIN_REFERENCE_LOGITS} for sequences to keep; for alternatives always
   */
  NDArray logits();

  /**
   * Returns logits of some places of the batch, with the same conditions as {@link #logits()}.
   *
   * <p>This default has them all at once.
   *
   * @param places as {@link TokenBatch#targetPlaces()} counts them
   * @return shape (number of places, vocabulary)
   */
  default NDArray logitsAt(long[] places) {
    NDArray all = logits();
    return all.reshape(new Shape(-1, all.getShape().get(2))).get(all.getManager().create(places));
  }

  /**
   * Returns hidden states as {@link Pass#hiddenStates} does, shape (B, L, width).
   *
   * @throws IllegalStateException if the objective does not name {@link
   *     Need#RETAIN_REFERENCE_STATES}, the layer is above its {@link
   *     Objective#highestReferenceLayer}, or the sequences are not to be kept
   * @throws IllegalArgumentException if the model has no such layer
   */
  NDArray hiddenStates(int layer);
}
