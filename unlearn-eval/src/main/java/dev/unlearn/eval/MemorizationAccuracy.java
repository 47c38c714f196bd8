package dev.unlearn.eval;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Memorization accuracy (MA): the share of a sequence's tokens that the model predicts greedily
 * when it is given all true tokens before them.
 *
 * <p>For a sequence x of T tokens, positions counted from 0, {@code MA(x) = 1 / (T - 1) * sum over
 * t = 1 .. T - 1 of [argmax p(. | x[0:t]) = x[t]]}, in [0, 1]. The aggregate is the plain mean over
 * sequences, whatever their lengths.
 *
 * <p>Source: Jang et al., Knowledge Unlearning for Mitigating Privacy Risks in Language Models, ACL
 * 2023, arXiv 2210.01504, after Tirumala et al., 2022.
 *
 * <p>It costs one teacher-forced pass, so choose it to watch a run. It looks one token ahead only:
 * a model may score high because the language is predictable, and low although a long piece comes
 * out once started. Use {@link ExtractionLikelihood} beside it.
 *
 * <p>Notation and deviations: the paper writes the sum over {@code x_<t} from t = 1, the empty
 * prefix; like its code, this begins with a prefix of one token, so the first token is never
 * scored. With a prompt, only positions from {@code promptLength} on count, and the divisor is
 * their number. NaN for a sequence of one token.
 */
public final class MemorizationAccuracy implements Metric {
  private final String key;
  private final UnaryOperator<TokenSequence> form;

  private MemorizationAccuracy(String key, UnaryOperator<TokenSequence> form) {
    this.key = key;
    this.form = form;
  }

  /** Returns the metric, key {@code "ma"}. */
  public static MemorizationAccuracy of() {
    return new MemorizationAccuracy("ma", UnaryOperator.identity());
  }

  /**
   * Returns the metric as the authors' code computes it, key {@code
   * "ma_paper_<length>_eos_<eosId>"}, to reproduce published numbers; for anything else use {@link
   * #of()}.
   *
   * <p>Every sequence is cut, or padded on the right with {@code eosId}, to {@code length} tokens.
   * Pads are true tokens: the model sees them and is scored on them. Prompts are ignored and the
   * divisor is {@code length - 1}. The authors' one-token generations are replaced by the same
   * choices of one teacher-forced pass.
   *
   * @param length the configured length in tokens; 200 in the paper
   * @param eosId the end-of-sequence token, by which the authors pad
   * @throws IllegalArgumentException if {@code length < 2} or {@code eosId < 0}
   */
  public static MemorizationAccuracy paperCompat(int length, int eosId) {
    PaperForm form = new PaperForm(length, eosId);
    return new MemorizationAccuracy("ma" + form.keySuffix(), form::apply);
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<TokenScores> scores =
        model.score(sequences.stream().map(form).toList(), ScoreDetail.CHOICES);
    return MetricResult.mean(key, scores.stream().map(MemorizationAccuracy::accuracy).toList());
  }

  private static double accuracy(TokenScores scores) {
    TokenSequence sequence = scores.sequence();
    int hits = 0;
    for (int position = sequence.firstTarget(); position < sequence.length(); position++) {
      if (scores.hit(position)) {
        hits++;
      }
    }
    return (double) hits / sequence.targetCount(); // 0 / 0, NaN, without targets
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences.stream().map(form).toList(), "memorization accuracy");
  }

  @Override
  public boolean higherMeansKnown() {
    return true;
  }

  @Override
  public String toString() {
    return key;
  }
}
