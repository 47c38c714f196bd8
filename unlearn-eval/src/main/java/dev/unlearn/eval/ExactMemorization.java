package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;

/**
 * Exact memorization (EM): the share of a sequence's targets that the model predicts greedily when
 * it is given all true tokens before them.
 *
 * <p>{@code EM(x) = 1 / targets * sum over targets t of [argmax p(. | x[0:t]) = x[t]]}, in [0, 1].
 * The aggregate is the plain mean over sequences.
 *
 * <p>Source: Tirumala et al., 2022, arXiv 2205.10770, as Open-Unlearning has it (Dorna et al.,
 * 2025, arXiv 2506.12618). {@link #of()} is the number of {@link MemorizationAccuracy#of()} under
 * the name the unlearning benchmarks use; choose either. NaN for a sequence without targets.
 */
public final class ExactMemorization implements Metric {
  private final TargetSpan span;

  private ExactMemorization(TargetSpan span) {
    this.span = span;
  }

  /** Returns the metric, key {@code "em"}. */
  public static ExactMemorization of() {
    return new ExactMemorization(TargetSpan.ALL);
  }

  /**
   * Returns the metric as Open-Unlearning computes it, key {@code "em_open_unlearning"}: the last
   * target does not count, being the end-of-sequence token there. So give sequences that end with
   * it. NaN for a sequence of one target.
   */
  public static ExactMemorization openUnlearningCompat() {
    return new ExactMemorization(TargetSpan.WITHOUT_LAST);
  }

  @Override
  public String key() {
    return "em" + span.keySuffix();
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    return MetricResult.mean(
        key(),
        model.score(sequences, ScoreDetail.TARGETS).stream().map(this::memorization).toList());
  }

  private double memorization(TokenScores scores) {
    int hits = 0;
    for (int position = span.first(scores); position < span.end(scores); position++) {
      if (scores.hit(position)) {
        hits++;
      }
    }
    return (double) hits / span.count(scores); // 0 / 0, NaN, without targets
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "exact memorization");
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
