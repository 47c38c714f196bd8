package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;

/**
 * Extraction strength (ES): how little of a sequence must be given for the model to recite all the
 * rest.
 *
 * <p>With L targets, {@code ES = 1 - k / L}, k being the smallest number of targets to give so that
 * greedy decoding produces every later one, in [0, 1]; 0 if it misses the last. Since the true
 * tokens before a suffix that is recited are all there, one teacher-forced pass finds k. The
 * aggregate is the plain mean over sequences.
 *
 * <p>Source: Carlini et al., 2021, arXiv 2012.07805, as defined by Wang et al., 2025, arXiv
 * 2406.09179.
 *
 * <p>Choose it to see whether the text comes out whole. One token that is missed near the end makes
 * it near 0, however much is known before: use {@link ExtractionLikelihood} or {@link
 * ExactMemorization} beside it. NaN for a sequence without targets.
 */
public final class ExtractionStrength implements Metric {
  private final TargetSpan span;

  private ExtractionStrength(TargetSpan span) {
    this.span = span;
  }

  /** Returns the metric, key {@code "es"}. */
  public static ExtractionStrength of() {
    return new ExtractionStrength(TargetSpan.ALL);
  }

  /**
   * Returns the metric as Open-Unlearning computes it, key {@code "es_open_unlearning"}, to
   * reproduce published numbers. It differs in this:
   *
   * <ul>
   *   <li>The last target does not count, being the end-of-sequence token there. So give sequences
   *       that end with it.
   *   <li>k is never above L - 1: a model that recites nothing has 1 / L instead of 0, and 1 if
   *       there is a single target.
   *   <li>Without targets it is 0 instead of NaN.
   * </ul>
   */
  public static ExtractionStrength openUnlearningCompat() {
    return new ExtractionStrength(TargetSpan.WITHOUT_LAST);
  }

  @Override
  public String key() {
    return "es" + span.keySuffix();
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    return MetricResult.mean(
        key(), model.score(sequences, ScoreDetail.TARGETS).stream().map(this::strength).toList());
  }

  private double strength(TokenScores scores) {
    int count = span.count(scores);
    int recited = 0;
    while (recited < count && scores.hit(span.end(scores) - 1 - recited)) {
      recited++;
    }
    if (span == TargetSpan.WITHOUT_LAST) {
      return count == 0 ? 0 : Math.max(1, recited) / (double) count;
    }
    return (double) recited / count; // 0 / 0, NaN, without targets
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "extraction strength");
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
