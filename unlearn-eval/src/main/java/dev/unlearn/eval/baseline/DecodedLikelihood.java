package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.stat.HoeffdingInterval;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.List;

/**
 * {@link DpDecoding#extractionLikelihood}.
 *
 * <p>The interval counts a draw of a prefix and of its continuation as one. Given the means of all
 * prefixes, draws without replacement have moment generating functions no larger than independent
 * ones of the same mean (Maclaurin's inequality), so Hoeffding's bounds hold for both draws at
 * once.
 */
final class DecodedLikelihood implements Metric {
  private static final double CONFIDENCE = 0.95;

  private final DpDecoding decoding;
  private final ExtractionLikelihood exact;
  private final Metric drawn;
  private final int prefixes;
  private final long seed;

  DecodedLikelihood(DpDecoding decoding, int order, int prefixes, long seed) {
    checkArgument(prefixes >= 1, "prefixes must be >= 1, but was: %s", prefixes);
    this.decoding = decoding;
    this.prefixes = prefixes;
    this.seed = seed;
    exact = ExtractionLikelihood.of(order);
    drawn = exact.sampled(prefixes, seed);
  }

  @Override
  public String key() {
    return exact.key() + "_" + decoding + "_sampled_" + prefixes + "_seed_" + seed;
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<Double> values = drawn.measure(decoding.applied(model, seed), sequences).perSequence();
    MetricResult result = MetricResult.mean(key(), values);
    return Double.isNaN(result.value())
        ? result
        : MetricResult.of(key(), result.value(), values, interval(result.value(), sequences));
  }

  private Interval interval(double value, List<TokenSequence> sequences) {
    int[] draws = sequences.stream().mapToInt(this::draws).filter(count -> count > 0).toArray();
    long all = 0;
    double squaredWeights = 0; // of draws that each count 1 / (sequences * draws of its own)
    boolean alike = true;
    for (int count : draws) {
      all += count;
      squaredWeights += 1.0 / count / draws.length / draws.length;
      alike &= count == draws[0];
    }
    return alike
        ? HoeffdingInterval.of(value, all, CONFIDENCE)
        : HoeffdingInterval.weighted(value, squaredWeights, CONFIDENCE);
  }

  private int draws(TokenSequence sequence) {
    int all = sequence.length() - exact.order() - sequence.firstTarget() + 1;
    return Math.min(prefixes, Math.max(0, all));
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    exact.check(sequences);
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
