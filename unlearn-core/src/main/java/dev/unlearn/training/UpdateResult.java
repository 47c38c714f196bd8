package dev.unlearn.training;

/**
 * What one update saw, before it changed the weights.
 *
 * @param objective the value of the minimised objective
 * @param loss mean negative log-likelihood of the targets, in nats per token
 * @param gradientNorm the global L2 norm of the gradient
 */
public record UpdateResult(double objective, double loss, double gradientNorm) {

  /** Returns whether all three are finite. */
  public boolean isFinite() {
    return isForwardFinite() && Double.isFinite(gradientNorm);
  }

  /** Returns whether the gradient alone is not finite. */
  boolean hasOverflown() {
    return isForwardFinite() && !Double.isFinite(gradientNorm);
  }

  private boolean isForwardFinite() {
    return Double.isFinite(objective) && Double.isFinite(loss);
  }
}
