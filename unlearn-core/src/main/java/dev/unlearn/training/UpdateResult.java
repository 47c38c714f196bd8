package dev.unlearn.training;

import java.util.OptionalDouble;

/**
 * What one update saw, before it changed the weights.
 *
 * @param objective the value of the minimized objective
 * @param loss mean negative log-likelihood of the targets, in nats per token; empty where the
 *     objective needs hidden states below the last only, so that the model was not run to its end
 * @param gradientNorm the global L2 norm of the gradient
 */
public record UpdateResult(double objective, OptionalDouble loss, double gradientNorm) {

  /** Returns whether all of them are finite. */
  public boolean isFinite() {
    return isForwardFinite() && Double.isFinite(gradientNorm);
  }

  /** Returns whether the gradient alone is not finite. */
  boolean hasOverflown() {
    return isForwardFinite() && !Double.isFinite(gradientNorm);
  }

  private boolean isForwardFinite() {
    return Double.isFinite(objective) && Double.isFinite(loss.orElse(0));
  }
}
