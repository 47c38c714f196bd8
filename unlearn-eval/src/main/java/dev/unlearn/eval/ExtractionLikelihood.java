package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Ints;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.Metric;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * {@link MemorizationAccuracy} on text the model does not know; {@link #sampled} estimates it for
 * less. It is no proof that nothing can be extracted: sampling, other prompts or a paraphrase are
 * not tried. For text hardly longer than n tokens it rests on a few prefixes.
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

  /** Returns the estimate of {@link #sampled(int, long)} with seed 0. */
  public Metric sampled(int prefixes) {
    return sampled(prefixes, 0);
  }

  /**
   * Returns an unbiased estimate of this metric with a confidence interval, for watching: key
   * {@code "el_<order>_sampled_<prefixes>"}, followed by {@code "_seed_<seed>"} if the seed is not
   * 0.
   *
   * <p>Of each sequence's prefixes (T - n, fewer with a prompt), {@code prefixes} are drawn
   * uniformly without replacement, and the mean is taken over those; a sequence that has no more is
   * computed in full. The draw depends on the seed, the index of the sequence and its number of
   * prefixes only: the same data is measured at the same prefixes in every epoch.
   *
   * <p>The {@link MetricResult#interval() interval} of the aggregate has a confidence of 0.95. For
   * S' sequences that were sampled, in N = S' * {@code prefixes} draws, the mean of their exact
   * values is, with delta = 0.05, in
   *
   * <pre>{@code
   * { p in [0, 1] : N * kl(m, p) <= ln(2 / delta) }    m = mean of the S' estimates
   * kl(m, p) = m * ln(m / p) + (1 - m) * ln((1 - m) / (1 - p))
   * }</pre>
   *
   * <p>Of all S sequences with a value, the other S - S' are exact, so the interval of the
   * aggregate is the point plus that range's two distances from m, times S' / S; it is the point
   * alone, with confidence 1, if S' is 0. At m = 0 the range ends at {@code 1 - (delta / 2)^(1 /
   * N)}.
   *
   * <p>This is valid for any N: theorem 1 of the source allows each sequence a mean of its own, and
   * by theorem 4 draws without replacement deviate no more than draws with it. The share of 0.95 is
   * over seeds: epochs of one run, measured at the same prefixes, may miss together. The interval
   * tells of the draw, not of text that was not measured.
   *
   * <p>Source: Hoeffding, Probability Inequalities for Sums of Bounded Random Variables, Journal of
   * the American Statistical Association 58, 1963.
   *
   * @param prefixes how many prefixes are drawn of each sequence
   * @param seed another one draws other prefixes
   * @throws IllegalArgumentException if {@code prefixes < 1}
   */
  public Metric sampled(int prefixes, long seed) {
    return new SampledExtractionLikelihood(this, prefixes, seed);
  }

  /**
   * Measures several orders at once: the results of each order's metric, from one set of
   * continuations. A run needs no such call: its metrics share continuations anyway.
   *
   * @param orders lengths of n-grams in tokens
   * @return the results by order, in the order asked
   * @throws IllegalArgumentException if there is no order, one is below 1, or one is given twice
   */
  public static Map<Integer, MetricResult> measure(
      CausalLm model, List<TokenSequence> sequences, int... orders) {
    checkArgument(orders.length > 0, "there must be at least one order, but there was none");
    Map<Integer, ExtractionLikelihood> metrics = new LinkedHashMap<>();
    for (int order : orders) {
      checkArgument(
          metrics.put(order, of(order)) == null, "orders must differ, but two were: %s", order);
    }
    int shortest = Ints.min(orders);
    List<GreedyContinuations> continuations =
        model.continueGreedily(sequences, of(shortest).prefixLengths(sequences), shortest);
    Map<Integer, MetricResult> results = new LinkedHashMap<>();
    metrics.forEach((order, metric) -> results.put(order, metric.result(sequences, continuations)));
    return Collections.unmodifiableMap(results);
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
    return result(sequences, model.continueGreedily(sequences, prefixLengths(sequences), order));
  }

  private MetricResult result(
      List<TokenSequence> sequences, List<GreedyContinuations> continuations) {
    return MetricResult.mean(
        key(), likelihoods(sequences, prefixLengths(sequences), continuations));
  }

  /** Returns for each sequence the mean overlap over the given prefixes, NaN if there is none. */
  List<Double> likelihoods(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<GreedyContinuations> continuations) {
    List<Double> likelihoods = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      likelihoods.add(
          likelihood(sequences.get(index), prefixLengths.get(index), continuations.get(index)));
    }
    return likelihoods;
  }

  private List<int[]> prefixLengths(List<TokenSequence> sequences) {
    return sequences.stream().map(this::prefixLengths).toList();
  }

  /** Returns the lengths of all prefixes of a sequence that the metric is defined by. */
  int[] prefixLengths(TokenSequence sequence) {
    return IntStream.rangeClosed(sequence.firstTarget(), sequence.length() - order).toArray();
  }

  private double likelihood(
      TokenSequence sequence, int[] prefixLengths, GreedyContinuations continuations) {
    NgramOverlap overlap = new NgramOverlap(sequence, order);
    double sum = 0;
    for (int prefixLength : prefixLengths) {
      int ngramCount = sequence.length() - prefixLength - order + 1;
      int matches = overlap.matches(continuations.after(prefixLength), prefixLength);
      sum += (double) matches / ngramCount;
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
  public boolean higherMeansKnown() {
    return true;
  }

  @Override
  public String toString() {
    return key();
  }
}
