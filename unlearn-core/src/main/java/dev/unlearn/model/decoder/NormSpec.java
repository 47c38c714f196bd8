package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How hidden states are normed, over their last axis.
 *
 * @param kind the formula
 * @param epsilon added to the variance, or to the mean square
 */
public record NormSpec(Kind kind, float epsilon) {

  /** The formulas; w and b are trained. */
  public enum Kind {
    /** {@code w (x - mean) / sqrt(variance + ε) + b}. */
    LAYER,
    /** {@code w x / sqrt(mean square + ε)}. */
    RMS,
    /** {@code (1 + w) x / sqrt(mean square + ε)}, Gemma's. */
    RMS_PLUS_ONE
  }

  /** Checks the values. */
  public NormSpec {
    checkArgument(
        epsilon > 0 && Float.isFinite(epsilon),
        "norm's epsilon must be finite and > 0, but was: %s",
        epsilon);
  }

  /** Returns layer normalization. */
  public static NormSpec layer(float epsilon) {
    return new NormSpec(Kind.LAYER, epsilon);
  }

  /** Returns root-mean-square normalization. */
  public static NormSpec rms(float epsilon) {
    return new NormSpec(Kind.RMS, epsilon);
  }

  /** Returns root-mean-square normalization whose weights are counted from 1. */
  public static NormSpec rmsPlusOne(float epsilon) {
    return new NormSpec(Kind.RMS_PLUS_ONE, epsilon);
  }
}
