package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What a DJL block takes. Token ids, int64 of shape (B, L), come first; then, where asked for, an
 * attention mask and position ids, both int64 of shape (B, L). Batches are padded on the right.
 *
 * @param contextLength the largest L
 * @param attentionMask whether a mask follows the ids: 1 for tokens, 0 for padding
 * @param positionIds whether positions 0 .. L - 1 follow, after the mask if there is one
 */
public record Signature(int contextLength, boolean attentionMask, boolean positionIds) {
  /** Checks the values. */
  public Signature {
    checkArgument(contextLength > 1, "contextLength must be > 1, but was: %s", contextLength);
  }

  /** Returns the signature of a block that takes ids alone. */
  public static Signature ids(int contextLength) {
    return new Signature(contextLength, false, false);
  }

  /** Returns this signature with an attention mask after the ids. */
  public Signature withAttentionMask() {
    return new Signature(contextLength, true, positionIds);
  }

  /** Returns this signature with position ids as the last input. */
  public Signature withPositionIds() {
    return new Signature(contextLength, attentionMask, true);
  }
}
