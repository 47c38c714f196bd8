package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How much a model may lose on unseen text before a run counts as {@link Outcome#DAMAGED}.
 *
 * @param maxLossIncrease allowed rise of the mean loss, in nats per token, {@code >= 0}
 * @param maxMaDrop allowed fall of memorization accuracy (the share of tokens predicted), in [0, 1]
 */
public record HealthBound(double maxLossIncrease, double maxMaDrop) {
  /**
   * The default: a rise of the loss by 0.1, so that perplexity is at most 1.11 times what it was
   * before the run, and a fall of accuracy by 0.05.
   */
  public static final HealthBound DEFAULT = new HealthBound(0.1, 0.05);

  /** Checks the bounds. */
  public HealthBound {
    checkArgument(
        maxLossIncrease >= 0, "maxLossIncrease must be >= 0, but was: %s", maxLossIncrease);
    checkArgument(
        maxMaDrop >= 0 && maxMaDrop <= 1, "maxMaDrop must be in [0, 1], but was: %s", maxMaDrop);
  }
}
