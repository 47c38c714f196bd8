package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The optimizers that come with the library. Each can be given a schedule of its learning rate and
 * a limit of its gradients: {@code
 * adam(5e-5).withSchedule(cosine(100).afterWarmUp(10)).clippedTo(1)}.
 */
public final class Optimizers {
  /** The paper's learning rate. */
  public static final double DEFAULT_LEARNING_RATE = 5e-5;

  private Optimizers() {}

  /**
   * Adam (Kingma and Ba, arXiv 1412.6980) with the constants of Jang et al., arXiv 2210.01504:
   * {@code β₁ = 0.9, β₂ = 0.98, ε = 1e-8}, and no weight decay.
   *
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}
   */
  public static AdjustableOptimizer adam(double learningRate) {
    return adam(learningRate, 0.9, 0.98, 1e-8);
  }

  /**
   * Adam (Kingma and Ba, arXiv 1412.6980).
   *
   * <p>{@code m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; θ ← θ − η m̂ / (√v̂ + ε)}, with {@code
   * m̂} and {@code v̂} corrected for their bias towards 0.
   *
   * @throws IllegalArgumentException if the learning rate or ε is not finite and {@code > 0}, or a
   *     β is not in [0, 1)
   */
  public static AdjustableOptimizer adam(
      double learningRate, double beta1, double beta2, double epsilon) {
    return new AdjustableOptimizer(new Adam(learningRate, beta1, beta2, epsilon, 0));
  }

  /**
   * AdamW with PyTorch's constants: {@code β₁ = 0.9, β₂ = 0.999, ε = 1e-8}.
   *
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}, or the
   *     weight decay not finite and {@code >= 0}
   */
  public static AdjustableOptimizer adamW(double learningRate, double weightDecay) {
    return adamW(learningRate, 0.9, 0.999, 1e-8, weightDecay);
  }

  /**
   * AdamW, Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101): before each
   * step of {@link #adam(double, double, double, double)}, {@code θ ← θ − η λ θ}.
   *
   * <p>As in PyTorch the decay is multiplied with the learning rate, schedule included; in the
   * paper with the schedule only. All parameters decay, biases and norms too.
   *
   * @param weightDecay λ
   * @throws IllegalArgumentException if the learning rate or ε is not finite and {@code > 0}, a β
   *     not in [0, 1), or the weight decay not finite and {@code >= 0}
   */
  public static AdjustableOptimizer adamW(
      double learningRate, double beta1, double beta2, double epsilon, double weightDecay) {
    return new AdjustableOptimizer(new Adam(learningRate, beta1, beta2, epsilon, weightDecay));
  }

  /**
   * Adafactor (Shazeer and Stern, arXiv 1804.04235, algorithms 4 and 5): like Adam without
   * momentum, with means of the squared gradient per row and per column of a matrix in place of the
   * second moment, so that its state is small. For models whose moments do not fit into memory.
   *
   * <p>{@code R ← R + t^-0.8 (rowMeans(g² + 1e-30) − R)}, and so the columns' {@code C}; {@code U =
   * g / √(R C / mean(R)); θ ← θ − min(η, 1/√t) max(1e-3, RMS(θ)) U / max(1, RMS(U))} in update t.
   * Vectors keep the whole {@code g²}; of arrays of more axes the last two are a matrix.
   *
   * @param learningRate η, a share of each parameter's root mean square; 0.01 in the paper
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}
   */
  public static AdjustableOptimizer adafactor(double learningRate) {
    return new AdjustableOptimizer(new Adafactor(learningRate));
  }

  /**
   * Plain gradient descent: {@code θ ← θ − η g}.
   *
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}
   */
  public static AdjustableOptimizer sgd(double learningRate) {
    return sgd(learningRate, 0);
  }

  /**
   * Gradient descent with momentum, as in PyTorch, without dampening: {@code v ← μ v + g; θ ← θ − η
   * v}.
   *
   * @param momentum μ
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}, or the
   *     momentum not in [0, 1)
   */
  public static AdjustableOptimizer sgd(double learningRate, double momentum) {
    return new AdjustableOptimizer(new Sgd(learningRate, momentum, false));
  }

  /**
   * Gradient descent with Nesterov's momentum, as in PyTorch (after Sutskever et al., ICML 2013):
   * {@code v ← μ v + g; θ ← θ − η (g + μ v)}.
   *
   * @param momentum μ
   * @throws IllegalArgumentException if the learning rate is not finite and {@code > 0}, or the
   *     momentum not in [0, 1)
   */
  public static AdjustableOptimizer nesterov(double learningRate, double momentum) {
    return new AdjustableOptimizer(new Sgd(learningRate, momentum, true));
  }

  static void checkLearningRate(double learningRate) {
    checkArgument(
        learningRate > 0 && Double.isFinite(learningRate),
        "learningRate must be finite and > 0, but was: %s",
        learningRate);
  }
}
