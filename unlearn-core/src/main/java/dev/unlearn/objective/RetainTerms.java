package dev.unlearn.objective;

import dev.unlearn.spi.train.RetainTerm;

/**
 * What can be minimized on sequences to keep, beside any objective. The notation is that of {@link
 * Objectives}. All need a retain set.
 */
public final class RetainTerms {
  private RetainTerms() {}

  /**
   * Ordinary training on what is to be kept.
   *
   * <p>{@code L = -mean_t ln p(y_t)}
   *
   * <p>Source: Liu et al., arXiv 2203.12817; see {@link Objectives#gradientDifference}. No logits,
   * no original model: the cheapest. It may also teach the retain set better than before.
   */
  public static RetainTerm crossEntropy() {
    return CrossEntropy.INSTANCE;
  }

  /**
   * Staying close to what the original model says on what is to be kept.
   *
   * <p>{@code L = mean_t KL(p₀ || p) = mean_t Σ_v p₀_v ln(p₀_v / p_v)}, summed over the vocabulary,
   * in nats
   *
   * <p>Source: Maini et al., <em>TOFU: A Task of Fictitious Unlearning for LLMs</em>, arXiv
   * 2401.06121. Costs a reference pass per micro-batch, and logits of both models. 0 at the first
   * update.
   *
   * <p>Deviation: the mean is over targets; see {@link OpenUnlearning#kl}.
   */
  public static RetainTerm kl() {
    return KlDivergence.STRICT;
  }

  /**
   * Keeping hidden states where they were; the retain term of {@link Objectives#rmu}.
   *
   * <p>{@code L = mean_i mean over y of mean_d (h_d - h₀_d)²}, at target tokens
   *
   * <p>Source: Li et al., arXiv 2403.03218. Costs a reference pass per micro-batch; no logits.
   * Deviation as in {@link Objectives#rmu}.
   *
   * @param layer as in {@link Objectives#rmu}
   * @throws IllegalArgumentException if it is {@code < 0}
   */
  public static RetainTerm hiddenStates(int layer) {
    return new HiddenStates(layer);
  }
}
