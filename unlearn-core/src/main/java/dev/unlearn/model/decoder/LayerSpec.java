package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What may differ between the blocks of one model.
 *
 * @param window number of latest positions, itself included, that a position attends to; 0 for all
 * @param attentionScale factor on {@code q kᵀ} before the softmax
 */
public record LayerSpec(int window, double attentionScale) {
  /** Checks the values. */
  public LayerSpec {
    checkArgument(window >= 0, "window must be >= 0, but was: %s", window);
    checkArgument(
        attentionScale > 0 && Double.isFinite(attentionScale),
        "attentionScale must be finite and > 0, but was: %s",
        attentionScale);
  }
}
