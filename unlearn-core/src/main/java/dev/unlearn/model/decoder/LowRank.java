package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;

/**
 * What a linear layer adds to its result: {@code scale (x Aᵀ) Bᵀ}, of low rank.
 *
 * @param a shape (rank, inputs)
 * @param b shape (outputs, rank)
 * @hidden not API
 */
public record LowRank(NDArray a, NDArray b, double scale) {
  /** Checks that the two fit each other. */
  public LowRank {
    checkArgument(
        a.getShape().get(0) == b.getShape().get(1),
        "A and B must have one rank, but have shapes %s and %s",
        a.getShape(),
        b.getShape());
  }
}
