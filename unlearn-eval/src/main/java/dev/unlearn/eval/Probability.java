package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;

/**
 * Probability: the geometric mean of the probabilities that the model gives to a sequence's
 * targets.
 *
 * <p>{@code exp(1 / targets * sum over targets t of ln p(x[t] | x[0:t]))}, in [0, 1]: one over the
 * sequence's perplexity. The aggregate is the plain mean over sequences, whatever their lengths.
 *
 * <p>Source: Maini et al., TOFU, 2024, arXiv 2401.06121, which takes question and answer format for
 * the prompt and scores the answer and the end-of-sequence token after it.
 *
 * <p>Choose it to compare with published numbers; a mean of probabilities is ruled by the few
 * sequences that are known well, where {@link TokenLoss} tells of all. NaN for a sequence without
 * targets.
 */
public final class Probability implements Metric {
  private final boolean compat;

  private Probability(boolean compat) {
    this.compat = compat;
  }

  /** Returns the metric, key {@code "probability"}. */
  public static Probability of() {
    return new Probability(false);
  }

  /**
   * Returns the metric as Open-Unlearning computes it, key {@code "probability_open_unlearning"}.
   * It differs only for a sequence without prompt: the divisor counts the first token, which
   * nothing predicts.
   */
  public static Probability openUnlearningCompat() {
    return new Probability(true);
  }

  @Override
  public String key() {
    return compat ? "probability_open_unlearning" : "probability";
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    return MetricResult.mean(
        key(),
        model.score(sequences, ScoreDetail.TARGETS).stream().map(this::probability).toList());
  }

  private double probability(TokenScores scores) {
    TokenSequence sequence = scores.sequence();
    if (sequence.targetCount() == 0) {
      return Double.NaN;
    }
    int count = compat ? sequence.length() - sequence.promptLength() : sequence.targetCount();
    return Math.min(1, Math.exp(-scores.negativeLogLikelihood() / count)); // rounding can exceed 1
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "probability");
  }

  @Override
  public boolean higherMeansKnown() {
    return true;
  }

  @Override
  public String toString() {
    return key();
  }
}
