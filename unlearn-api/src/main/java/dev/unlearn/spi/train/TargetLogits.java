package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import java.util.function.Supplier;

/** Some targets and the logits that predict them. All arrays are closed after the term is known. */
public final class TargetLogits {
  private final NDArray logits;
  private final NDArray ids;
  private final Supplier<NDArray> reference;

  /**
   * Creates what a {@link TargetTerm} sees.
   *
   * @param logits shape (N, vocabulary)
   * @param ids int64 of shape (N)
   * @param reference returns logits of the original model, as {@code logits}; asked once at most
   *     for each call of {@link #reference()}
   */
  public TargetLogits(NDArray logits, NDArray ids, Supplier<NDArray> reference) {
    this.logits = logits;
    this.ids = ids;
    this.reference = reference;
  }

  /** Returns the logits that predict each target, float32 of shape (N, vocabulary). */
  public NDArray logits() {
    return logits;
  }

  /** Returns the targets, int64 of shape (N). */
  public NDArray ids() {
    return ids;
  }

  /**
   * Returns the original model's logits, shape (N, vocabulary), without gradient.
   *
   * @throws IllegalStateException if the objective does not name {@link Need#REFERENCE_LOGITS}, or
   *     {@link Need#RETAIN_REFERENCE_LOGITS} for sequences to keep
   */
  public NDArray reference() {
    return reference.get();
  }
}
