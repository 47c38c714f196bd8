package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;
import org.apache.commons.statistics.inference.KolmogorovSmirnovTest;
import org.apache.commons.statistics.inference.PValueMethod;

/**
 * The two-sample Kolmogorov-Smirnov test: how far apart the distributions of two samples are, and
 * how often two samples of one distribution are that far apart.
 *
 * <pre>{@code
 * D = max over x of |share of the first sample <= x - share of the second sample <= x|
 * p = P(D of two such samples of one continuous distribution >= this D), two-sided
 * }</pre>
 *
 * <p>p is exact, counted over all ways to mix the samples, up to {@value #EXACT_COUNT} numbers in
 * the larger one, and the usual limit beyond. Ties make it too large, never too small.
 *
 * <p>The test takes numbers for independent. Numbers in clusters, as several questions about one
 * author are, deviate together, and p is then too small. A large p is no proof that two
 * distributions are the same: small samples hardly tell any two apart.
 *
 * <p>Source: Hodges, The significance probability of the Smirnov two-sample test, Arkiv för
 * Matematik 3, 1958. It needs the optional dependency {@code commons-statistics-inference}.
 *
 * @param statistic D, in [0, 1]
 * @param pValue p, in [0, 1]
 * @param firstCount how many numbers the first sample has
 * @param secondCount how many numbers the second sample has
 */
public record KolmogorovSmirnov(double statistic, double pValue, int firstCount, int secondCount) {
  /** The largest size of a sample for which p is exact. */
  public static final int EXACT_COUNT = 10_000;

  /**
   * Tests two samples.
   *
   * @throws IllegalArgumentException if one has fewer than two numbers, or a NaN
   */
  public static KolmogorovSmirnov of(List<Double> first, List<Double> second) {
    check(first, "first");
    check(second, "second");
    boolean exact = Math.max(first.size(), second.size()) <= EXACT_COUNT;
    KolmogorovSmirnovTest.TwoResult result =
        KolmogorovSmirnovTest.withDefaults()
            .with(exact ? PValueMethod.EXACT : PValueMethod.ASYMPTOTIC)
            .test(array(first), array(second));
    return new KolmogorovSmirnov(
        result.getStatistic(), result.getPValue(), first.size(), second.size());
  }

  private static void check(List<Double> sample, String name) {
    checkArgument(
        sample.size() >= 2,
        "the %s sample must have at least 2 numbers, but had: %s",
        name,
        sample.size());
    int undefined = sample.indexOf(Double.NaN);
    checkArgument(
        undefined < 0, "the %s sample must hold no NaN, but number %s was one", name, undefined);
  }

  private static double[] array(List<Double> sample) {
    return sample.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Returns whether p is exact. */
  public boolean exact() {
    return Math.max(firstCount, secondCount) <= EXACT_COUNT;
  }
}
