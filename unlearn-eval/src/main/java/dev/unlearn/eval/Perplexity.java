package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.List;

/**
 * Perplexity: the exponential of the mean negative log-likelihood per target token, that is, how
 * many equally likely tokens the model hesitates between.
 *
 * <p>Per sequence {@code exp(-1 / targets * sum over targets t of ln p(x[t] | x[0:t]))}, in [1,
 * infinity). The aggregate is {@code exp(total negative log-likelihood / total targets)} over all
 * sequences, as perplexity of a corpus is usually given, not a mean of perplexities.
 *
 * <p>Choose it to compare with published numbers of the same tokenizer; models with different
 * tokenizers cannot be compared by it. {@link TokenLoss} is the same on a linear scale.
 *
 * <p>Notation and deviations: every sequence is scored by itself, without a sliding window; the
 * first token and the prompt are not scored. NaN for a sequence of one token.
 */
public final class Perplexity implements Metric {
  private static final TokenLoss LOSS = TokenLoss.of();

  private Perplexity() {}

  /** Returns the metric, key {@code "perplexity"}. */
  public static Perplexity of() {
    return new Perplexity();
  }

  @Override
  public String key() {
    return "perplexity";
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    MetricResult loss = LOSS.measure(model, sequences);
    List<Double> perSequence = loss.perSequence().stream().map(Math::exp).toList();
    return MetricResult.of(key(), Math.exp(loss.value()), perSequence);
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "perplexity");
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
