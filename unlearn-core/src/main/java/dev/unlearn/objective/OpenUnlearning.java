package dev.unlearn.objective;

import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.RetainTerm;

/**
 * Formulas as Open-Unlearning (github.com/locuslab/open-unlearning) computes them, where they
 * differ from {@link Objectives} and {@link RetainTerms} by a mistake or a habit of its code; for
 * comparing with its published numbers.
 */
public final class OpenUnlearning {
  private OpenUnlearning() {}

  /**
   * {@link RetainTerms#kl} as a mean over all positions, prompt and padding included.
   *
   * <p>{@code L = mean_i mean over positions of KL(p₀ || p)}
   *
   * <p>So its weight falls as padding grows, and depends on which sequences share a micro-batch:
   * give an update one micro-batch to compare numbers. Logits of both models exist whole. The last
   * position of the longest sequence, which predicts nothing, is there in Open-Unlearning, but not
   * here.
   */
  public static RetainTerm kl() {
    return KlDivergence.COMPATIBLE;
  }

  /**
   * {@link Objectives#rmu} and {@link RetainTerms#hiddenStates}, each divided by the lengths of all
   * sequences instead of its own.
   *
   * <p>{@code L = mean_i S_i · mean_i 1/|y_i|}, {@code S_i} being the sum over the targets of
   * {@code mean_d (h_d - c u_d)²}; and so for the retained sequences. Right is {@code mean_i (S_i /
   * |y_i|)}: the code divides an array of shape (B) by one of shape (B, 1). Where all sequences
   * have one length, it is the same.
   *
   * @param layer as in {@link Objectives#rmu}
   * @param coefficient c; Open-Unlearning has 2
   * @param seed draws u
   * @param retainWeight of the part on retained sequences; Open-Unlearning has 1
   * @throws IllegalArgumentException if the layer is {@code < 0}, or the coefficient or the weight
   *     is not finite and {@code > 0}
   */
  public static Objective rmu(int layer, double coefficient, long seed, double retainWeight) {
    return new OpenUnlearningRmu(new Steering(layer, coefficient, seed), retainWeight);
  }
}
