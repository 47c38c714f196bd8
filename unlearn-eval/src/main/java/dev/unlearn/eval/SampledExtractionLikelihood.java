package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hashing;
import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.HoeffdingInterval;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** {@link ExtractionLikelihood#sampled(int, long)}. */
final class SampledExtractionLikelihood implements Metric {
  private static final double CONFIDENCE = 0.95;

  private final ExtractionLikelihood exact;
  private final int prefixes;
  private final long seed;

  SampledExtractionLikelihood(ExtractionLikelihood exact, int prefixes, long seed) {
    checkArgument(prefixes >= 1, "prefixes must be >= 1, but was: %s", prefixes);
    this.exact = exact;
    this.prefixes = prefixes;
    this.seed = seed;
  }

  /** Returns n, the length of the n-grams in tokens. */
  int order() {
    return exact.order();
  }

  @Override
  public String key() {
    return exact.key() + "_sampled_" + prefixes + (seed == 0 ? "" : "_seed_" + seed);
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<int[]> drawn = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      int[] all = exact.prefixLengths(sequences.get(index));
      drawn.add(isSampled(all) ? draw(all, index) : all);
    }
    List<Double> perSequence =
        exact.likelihoods(
            sequences, drawn, model.continueGreedily(sequences, drawn, exact.order()));
    MetricResult result = MetricResult.mean(key(), perSequence);
    return Double.isNaN(result.value())
        ? result
        : MetricResult.of(
            key(), result.value(), perSequence, interval(result.value(), perSequence, sequences));
  }

  private boolean isSampled(int[] prefixLengths) {
    return prefixLengths.length > prefixes;
  }

  /** Shuffles as far as needed (Fisher-Yates), so fewer prefixes are a part of more. */
  private int[] draw(int[] prefixLengths, int index) {
    Random random =
        new Random(Hashing.murmur3_128().newHasher().putLong(seed).putInt(index).hash().asLong());
    int[] shuffled = prefixLengths.clone();
    for (int i = 0; i < prefixes; i++) {
      int other = i + random.nextInt(shuffled.length - i);
      int chosen = shuffled[other];
      shuffled[other] = shuffled[i];
      shuffled[i] = chosen;
    }
    return Arrays.copyOf(shuffled, prefixes);
  }

  private Interval interval(double value, List<Double> perSequence, List<TokenSequence> sequences) {
    int defined = 0;
    int sampled = 0;
    double sum = 0;
    for (int index = 0; index < sequences.size(); index++) {
      int[] all = exact.prefixLengths(sequences.get(index));
      if (all.length > 0) {
        defined++;
      }
      if (isSampled(all)) {
        sampled++;
        sum += perSequence.get(index);
      }
    }
    if (sampled == 0) {
      return new Interval(value, value, 1);
    }
    double mean = sum / sampled;
    Interval ofMean = HoeffdingInterval.of(mean, (long) sampled * prefixes, CONFIDENCE);
    double share = (double) sampled / defined;
    return new Interval(
        Math.max(0, value - share * (mean - ofMean.low())),
        Math.min(1, value + share * (ofMean.high() - mean)),
        CONFIDENCE);
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    exact.check(sequences);
  }

  @Override
  public boolean higherMeansKnown() {
    return exact.higherMeansKnown();
  }

  @Override
  public String toString() {
    return key();
  }
}
