package dev.unlearn.objective;

import dev.unlearn.spi.train.Objective;

/** The objectives that come with the library. */
public final class Objectives {
  private Objectives() {}

  /**
   * Gradient ascent on the loss of the forget set: minimises the mean log-probability of its target
   * tokens.
   *
   * <p>{@code L = 1/N Σ_i Σ_t log p(x_t | x_<t)}, over the N targets of all sequences of the lot.
   *
   * <p>Source: Jang et al., <em>Knowledge Unlearning for Mitigating Privacy Risks in Language
   * Models</em>, ACL 2023, arXiv 2210.01504. It needs nothing but the forget set. It is unbounded
   * below, so it must be stopped, and on small models it harms other text: watch the report's
   * health.
   *
   * <p>Deviation: the mean is over all targets of the lot. The authors' code averages means of
   * micro-batches, which is the same where all sequences have one length, as in the paper.
   */
  public static Objective gradientAscent() {
    return GradientAscent.INSTANCE;
  }

  /**
   * Ordinary training on the given sequences: minimises their mean negative log-likelihood per
   * target token. For teaching a model, not for forgetting.
   */
  public static Objective gradientDescent() {
    return GradientDescent.INSTANCE;
  }
}
