package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

/** The optimizers that come with the library. */
public final class Optimizers {
  /** The paper's learning rate. */
  public static final double DEFAULT_LEARNING_RATE = 5e-5;

  private Optimizers() {}

  /**
   * Adam (Kingma and Ba, arXiv 1412.6980) with the constants of Jang et al., arXiv 2210.01504:
   * {@code β₁ = 0.9, β₂ = 0.98, ε = 1e-8}, a constant learning rate and no weight decay.
   *
   * <p>{@code m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; θ ← θ − η m̂ / (√v̂ + ε)}, with {@code
   * m̂} and {@code v̂} corrected for their bias towards 0.
   *
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}
   */
  public static Optimizer adam(double learningRate) {
    return new Adam(checkLearningRate(learningRate), 0.9, 0.98, 1e-8);
  }

  /**
   * Plain gradient descent: {@code θ ← θ − η g}.
   *
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}
   */
  public static Optimizer sgd(double learningRate) {
    return new Sgd(checkLearningRate(learningRate));
  }

  private static double checkLearningRate(double learningRate) {
    checkArgument(
        learningRate > 0 && Double.isFinite(learningRate),
        "learningRate must be finite and > 0, but was: %s",
        learningRate);
    return learningRate;
  }
}
