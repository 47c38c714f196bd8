package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Ints;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.Metric;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@link ExtractionLikelihood#paperCompat}. Greedy decoding that stops at an end-of-sequence token
 * and decoding that does not agree up to that token, so continuations are decoded in full and what
 * a stop would have left out is cut off and filled afterwards.
 */
final class PaperExtractionLikelihood implements Metric {
  private final int order;
  private final PaperForm form;

  PaperExtractionLikelihood(int order, PaperForm form) {
    checkArgument(form.length() > order, "length (%s) must be > order (%s)", form.length(), order);
    this.order = order;
    this.form = form;
  }

  @Override
  public String key() {
    return "el_" + order + form.keySuffix();
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<TokenSequence> batch = sequences.stream().map(form::apply).toList();
    int prefixCount = form.length() - order;
    int[] prefixLengths = IntStream.rangeClosed(1, prefixCount).toArray();
    List<GreedyContinuations> continuations =
        model.continueGreedily(batch, Collections.nCopies(batch.size(), prefixLengths));
    List<NgramOverlap> overlaps = batch.stream().map(x -> new NgramOverlap(x, order)).toList();

    double[] sums = new double[batch.size()];
    for (int prefixLength : prefixLengths) {
      List<int[]> generated = continuations.stream().map(c -> c.after(prefixLength)).toList();
      int stop = generated.stream().mapToInt(this::lengthToEos).max().orElse(0);
      int referenceNgrams = form.length() - prefixLength - order + 1;
      for (int row = 0; row < batch.size(); row++) {
        int[] stopped = stoppedAt(stop, generated.get(row));
        sums[row] += (double) overlaps.get(row).matches(stopped, prefixLength) / referenceNgrams;
      }
    }
    return MetricResult.mean(key(), perSequence(sums, prefixCount));
  }

  private static List<Double> perSequence(double[] sums, int prefixCount) {
    return Arrays.stream(sums).map(sum -> sum / prefixCount).boxed().toList();
  }

  /** The length up to and including the first end-of-sequence token, or the whole length. */
  private int lengthToEos(int[] continuation) {
    int position = Ints.indexOf(continuation, form.eosId());
    return position < 0 ? continuation.length : position + 1;
  }

  /** What a batch that stopped after {@code stop} tokens holds of a row. */
  private int[] stoppedAt(int stop, int[] continuation) {
    int[] result = Arrays.copyOf(continuation, stop);
    int end = lengthToEos(continuation);
    Arrays.fill(result, end, stop, form.eosId());
    return result;
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
