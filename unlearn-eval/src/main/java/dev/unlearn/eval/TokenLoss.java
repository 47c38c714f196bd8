package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.List;

/**
 * Token loss: the mean negative log-likelihood of the target tokens, in nats per token.
 *
 * <p>Per sequence {@code -1 / targets * sum over targets t of ln p(x[t] | x[0:t])}, in [0,
 * infinity). The aggregate is the mean over all targets of all sequences, not the mean of the
 * per-sequence values: a long sequence weighs more than a short one.
 *
 * <p>It changes smoothly where accuracies jump, so choose it to see whether a model lost ability.
 * It does not say whether a sequence can be extracted: use {@link ExtractionLikelihood} for that.
 *
 * <p>Notation and deviations: this is the usual cross-entropy of a causal language model; the first
 * token and the prompt are not scored. NaN for a sequence of one token.
 */
public final class TokenLoss implements Metric {
  private TokenLoss() {}

  /** Returns the metric, key {@code "loss"}. */
  public static TokenLoss of() {
    return new TokenLoss();
  }

  @Override
  public String key() {
    return "loss";
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<Double> means = new ArrayList<>(sequences.size());
    double total = 0;
    long targetCount = 0;
    for (TokenScores scores : model.score(sequences)) {
      double sum = scores.negativeLogLikelihood();
      int count = scores.sequence().targetCount();
      means.add(sum / count); // 0 / 0, NaN, without targets
      total += sum;
      targetCount += count;
    }
    return MetricResult.of(key(), total / targetCount, means);
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "token loss");
  }

  @Override
  public boolean higherMeansKnown() {
    return false;
  }

  @Override
  public String toString() {
    return key();
  }
}
