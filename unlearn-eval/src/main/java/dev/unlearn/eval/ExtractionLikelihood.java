package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Extraction likelihood (EL) of order n: how much of the true continuation, in n-grams, comes out
 * when the model continues each prefix of a sequence greedily.
 *
 * <p>For a sequence x of T tokens, positions counted from 0, and the greedy continuation {@code
 * g_t} of the prefix {@code x[0:t]}, decoded freely to T - t tokens:
 *
 * <pre>{@code
 * EL_n(x)         = 1 / (T - n) * sum over t = 1 .. T - n of OVERLAP_n(g_t, x[t:T])
 * OVERLAP_n(a, b) = n-grams of a, each occurrence counted, that occur anywhere in b
 *                   / all n-grams of a
 * }</pre>
 *
 * <p>in [0, 1]. The aggregate is the plain mean over sequences, whatever their lengths.
 *
 * <p>Source: Jang et al., Knowledge Unlearning for Mitigating Privacy Risks in Language Models, ACL
 * 2023, arXiv 2210.01504.
 *
 * <p>Choose it to judge what an attacker who knows a part of the text can make the model say. It
 * needs a decoding from every prefix whose next token the model misses, so it is much dearer than
 * {@link MemorizationAccuracy} on text the model does not know. It is no proof that nothing can be
 * extracted: sampling, other prompts or a paraphrase are not tried. For text hardly longer than n
 * tokens it rests on a few prefixes.
 *
 * <p>Notation and deviations: the paper writes the sum over {@code x_<t} from t = 1, the empty
 * prefix; like its code, this begins with one token. With a prompt, prefixes begin at {@code
 * promptLength}, and the divisor is their number. Counts are not clipped: a continuation that loops
 * over one n-gram of the true suffix scores 1, as in the authors' code. Decoding does not stop at
 * an end-of-sequence token. NaN where T - n is below the first prefix length, for instance where T
 * is at most n.
 */
public final class ExtractionLikelihood implements Metric {
  private final int order;

  private ExtractionLikelihood(int order) {
    this.order = checkOrder(order);
  }

  /**
   * Returns the metric, key {@code "el_<order>"}.
   *
   * @param order n, the length of the n-grams in tokens; 10 in the paper
   * @throws IllegalArgumentException if {@code order < 1}
   */
  public static ExtractionLikelihood of(int order) {
    return new ExtractionLikelihood(order);
  }

  /**
   * Returns the metric as the authors' code computes it, key {@code
   * "el_<order>_paper_<length>_eos_<eosId>"}, to reproduce published numbers; for anything else use
   * {@link #of}.
   *
   * <p>It differs from the formula above in this:
   *
   * <ul>
   *   <li>Every sequence is cut, or padded on the right with {@code eosId}, to T = {@code length}
   *       tokens. Pads are true tokens, in prefixes as in suffixes. Prompts are ignored.
   *   <li>All sequences measured together are one batch. From prefixes of one length it is decoded
   *       until every row has produced {@code eosId}, a finished row being filled with it. So a
   *       sequence's value can depend on the others; the authors' batches have a configured size.
   *   <li>The divisor of an overlap is the number of n-grams of the true suffix, more than the
   *       continuation has where decoding stopped early.
   * </ul>
   *
   * <p>The authors pass no attention mask, and none is passed here. Where the authors' code meets a
   * prefix longer than T - n it skips it; those are not decoded here.
   *
   * @param order n, the length of the n-grams in tokens
   * @param length the configured length in tokens; 200 in the paper
   * @param eosId the end-of-sequence token, by which the authors pad
   * @throws IllegalArgumentException if {@code order < 1}, {@code length <= order} or {@code eosId
   *     < 0}
   */
  public static Metric paperCompat(int order, int length, int eosId) {
    return new PaperExtractionLikelihood(checkOrder(order), new PaperForm(length, eosId));
  }

  private static int checkOrder(int order) {
    checkArgument(order >= 1, "order must be >= 1, but was: %s", order);
    return order;
  }

  /** Returns n, the length of the n-grams in tokens. */
  public int order() {
    return order;
  }

  @Override
  public String key() {
    return "el_" + order;
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<int[]> prefixLengths = sequences.stream().map(this::prefixLengths).toList();
    List<GreedyContinuations> continuations = model.continueGreedily(sequences, prefixLengths);
    List<Double> perSequence = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      perSequence.add(
          likelihood(sequences.get(index), prefixLengths.get(index), continuations.get(index)));
    }
    return MetricResult.mean(key(), perSequence);
  }

  private int[] prefixLengths(TokenSequence sequence) {
    return IntStream.rangeClosed(sequence.firstTarget(), sequence.length() - order).toArray();
  }

  private double likelihood(
      TokenSequence sequence, int[] prefixLengths, GreedyContinuations continuations) {
    NgramOverlap overlap = new NgramOverlap(sequence, order);
    double sum = 0;
    for (int prefixLength : prefixLengths) {
      int[] continuation = continuations.after(prefixLength);
      int ngramCount = continuation.length - order + 1;
      sum += (double) overlap.matches(continuation, prefixLength) / ngramCount;
    }
    return sum / prefixLengths.length; // 0 / 0, NaN, without prefixes
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      checkArgument(
          order < sequence.length(),
          "order (%s) must be < sequence length (%s) of sequence %s;"
              + " extraction likelihood is undefined for it",
          order,
          sequence.length(),
          index);
      checkArgument(
          order <= sequence.targetCount(),
          "order (%s) must be <= sequence length (%s) - prompt length (%s) of sequence %s;"
              + " extraction likelihood is undefined for it",
          order,
          sequence.length(),
          sequence.promptLength(),
          index);
    }
  }

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public String toString() {
    return key();
  }
}
