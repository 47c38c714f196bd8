package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SampleTest {
  private static final double CONFIDENCE = 0.95;

  /** Expected ends from scipy.stats.beta.ppf. */
  @ParameterizedTest
  @CsvSource({
    "0, 10, 0.95, 0, 0.3084971078187607",
    "5, 10, 0.95, 0.18708602844739855, 0.8129139715526015",
    "1, 20, 0.95, 0.0012650894979498047, 0.24873276277202777",
    "199, 200, 0.9, 0.9765015295650493, 0.9997435664127765",
    "700, 1000, 0.99, 0.6612727938088567, 0.7367940077520014",
    "10, 10, 0.95, 0.6915028921812392, 1",
  })
  void mean_zeroOrOne_exact(int ones, int count, double confidence, double low, double high) {
    Estimate estimate = Sample.ofShares(zerosAndOnes(ones, count)).mean(confidence);
    assertThat(estimate.value()).isCloseTo((double) ones / count, within(1e-12));
    assertThat(estimate.method()).isEqualTo("Clopper-Pearson");
    assertThat(estimate.interval().orElseThrow().low()).isCloseTo(low, within(1e-9));
    assertThat(estimate.interval().orElseThrow().high()).isCloseTo(high, within(1e-9));
  }

  @Test
  void mean_fewShares_hoeffding() {
    Estimate estimate = Sample.ofShares(List.of(0.25, 0.75, 0.5, 0.5)).mean(CONFIDENCE);
    assertThat(estimate.interval()).contains(HoeffdingInterval.of(0.5, 4, CONFIDENCE));
    assertThat(estimate.unitCount()).isEqualTo(4);
    assertThat(estimate.method()).isEqualTo("Chernoff-Hoeffding");
  }

  @Test
  void mean_itemsOfOneUnit_countAsOne() {
    Estimate estimate =
        Sample.ofShares(List.of(0.2, 0.4, 0.6, 0.8), List.of("a", "a", "b", "b")).mean(CONFIDENCE);
    assertThat(estimate.value()).isCloseTo(0.5, within(1e-12));
    assertThat(estimate.unitCount()).isEqualTo(2);
    assertThat(estimate.interval()).contains(HoeffdingInterval.of(0.5, 2, CONFIDENCE));
  }

  @Test
  void mean_unitsOfDifferentSizes_weighted() {
    Estimate estimate =
        Sample.ofShares(List.of(0.5, 0.5, 0.5, 0.25), List.of("a", "a", "a", "b")).mean(CONFIDENCE);
    // Weights 3/4 and 1/4: reach sqrt(ln(40) / 2 * (9/16 + 1/16)) is more than the whole range.
    assertThat(estimate.value()).isCloseTo(0.4375, within(1e-12));
    assertThat(estimate.interval()).contains(new Interval(0, 1, CONFIDENCE));
  }

  @Test
  void mean_zerosAndOnesInUnits_notExact() {
    List<Double> values = List.of(0.0, 1.0, 1.0, 1.0);
    assertThat(Sample.ofShares(values, List.of("a", "a", "b", "b")).mean(CONFIDENCE).method())
        .isEqualTo("Chernoff-Hoeffding");
  }

  @Test
  void mean_undefined_leftOut() {
    Estimate estimate = Sample.ofShares(List.of(0.5, Double.NaN, 1.0)).mean(CONFIDENCE);
    assertThat(estimate.value()).isCloseTo(0.75, within(1e-12));
    assertThat(estimate.unitCount()).isEqualTo(2);
  }

  @Test
  void mean_nothing() {
    Estimate estimate = Sample.ofShares(List.of(Double.NaN)).mean(CONFIDENCE);
    assertThat(estimate.value()).isNaN();
    assertThat(estimate.interval()).isEmpty();
    assertThat(estimate.unitCount()).isZero();
  }

  @Test
  void mean_fewNumbers_noInterval() {
    Estimate estimate = Sample.ofNumbers(List.of(3.0, 5.0)).mean(CONFIDENCE);
    assertThat(estimate.value()).isEqualTo(4);
    assertThat(estimate.interval()).isEmpty();
    assertThat(estimate.method()).isEqualTo("no interval: fewer than 100 units");
  }

  /** As the loss of a model that was ruined. */
  @Test
  void mean_infinite_noInterval() {
    double infinity = Double.POSITIVE_INFINITY;
    for (int count : new int[] {1, 3, 150}) {
      Sample sample = Sample.ofNumbers(Collections.nCopies(count, infinity));
      Estimate estimate = sample.mean(CONFIDENCE);
      assertThat(estimate.value()).isEqualTo(infinity);
      assertThat(estimate.interval()).isEmpty();
      assertThat(estimate.method()).isEqualTo("no interval: infinite values");
      assertThat(Sample.difference(sample, sample, CONFIDENCE).interval()).isEmpty();
    }
    List<Double> one = IntStream.range(0, 150).mapToObj(i -> 1.0 / i).toList();
    Sample sample = Sample.ofNumbers(one);
    assertThat(Sample.difference(sample, sample, CONFIDENCE).value()).isNaN();
  }

  @Test
  void mean_manyAlike_notBootstrapped() {
    Estimate estimate = Sample.ofShares(Collections.nCopies(200, 0.25)).mean(CONFIDENCE);
    assertThat(estimate.method()).isEqualTo("Chernoff-Hoeffding");
    assertThat(estimate.interval().orElseThrow().low()).isLessThan(0.25);
  }

  /** The bootstrap of a mean tends to the normal interval, 1.96 standard errors to each side. */
  @Test
  void mean_manyNumbers_likeNormal() {
    Random random = new Random(1);
    List<Double> values = IntStream.range(0, 400).mapToObj(i -> random.nextGaussian()).toList();
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    double variance = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum() / 400;
    double reach = 1.959964 * Math.sqrt(variance / 400);
    Estimate estimate = Sample.ofNumbers(values).mean(CONFIDENCE);
    assertThat(estimate.method()).isEqualTo("bootstrap");
    Interval interval = estimate.interval().orElseThrow();
    assertThat(interval.low()).isCloseTo(mean - reach, within(0.05 * reach));
    assertThat(interval.high()).isCloseTo(mean + reach, within(0.05 * reach));
  }

  /** Items that are copies of one another are worth one: the interval must not shrink. */
  @Test
  void mean_copies_doNotNarrow() {
    Random random = new Random(2);
    List<Double> once = IntStream.range(0, 150).mapToObj(i -> random.nextDouble()).toList();
    List<Double> fourTimes = IntStream.range(0, 600).mapToObj(i -> once.get(i % 150)).toList();
    List<String> units = IntStream.range(0, 600).mapToObj(i -> "u" + i % 150).toList();
    assertThat(Sample.ofNumbers(fourTimes, units).mean(CONFIDENCE).interval())
        .isEqualTo(Sample.ofNumbers(once).mean(CONFIDENCE).interval());
  }

  /** Of intervals from 30 draws of a coin that falls 1 in 10, at least 95 of 100 contain 1/10. */
  @Test
  void mean_few_covers() {
    Random random = new Random(3);
    int covered = 0;
    for (int round = 0; round < 2000; round++) {
      List<Double> values =
          IntStream.range(0, 30).mapToObj(i -> 0.2 * Math.rint(random.nextDouble())).toList();
      covered +=
          Sample.ofShares(values).mean(CONFIDENCE).interval().orElseThrow().contains(0.1) ? 1 : 0;
    }
    assertThat(covered).isGreaterThanOrEqualTo(1900);
  }

  @Test
  void changes_paired() {
    Estimate change =
        Sample.ofChanges(List.of(0.9, 0.7, Double.NaN), List.of(0.4, 0.6, 0.5), abc())
            .mean(CONFIDENCE);
    assertThat(change.value()).isCloseTo(-0.3, within(1e-12));
    assertThat(change.unitCount()).isEqualTo(2);
    // Scaled from [-1, 1] to [0, 1] and back.
    Interval share = HoeffdingInterval.of(0.35, 2, CONFIDENCE);
    assertThat(change.interval().orElseThrow().low()).isCloseTo(2 * share.low() - 1, within(1e-12));
    assertThat(change.interval().orElseThrow().high())
        .isCloseTo(2 * share.high() - 1, within(1e-12));
  }

  /** Two signs of four make a change of this size or more in one direction: p is 1/4. */
  @Test
  void changes_fewToTell_boundWithoutAssumptions() {
    assertThat(Sample.ofChanges(List.of(1.0, 1.0), List.of(0.5, 0.5), List.of("a", "b")).mean(0.9))
        .extracting(estimate -> estimate.interval().orElseThrow().high())
        .satisfies(high -> assertThat((double) high).isPositive());
  }

  @Test
  void changes_allDown_found() {
    List<Double> before = List.of(0.9, 0.8, 0.95, 0.85, 0.9, 0.7, 0.99, 0.88);
    List<Double> after = List.of(0.0, 0.1, 0.0, 0.0, 0.05, 0.0, 0.1, 0.0);
    Estimate change = Sample.ofChanges(before, after, Sample.each(before)).mean(CONFIDENCE);
    Interval interval = change.interval().orElseThrow();
    assertThat(interval.high()).isNegative();
    // The far end is the bound without assumptions.
    Interval share = HoeffdingInterval.of((change.value() + 1) / 2, 8, CONFIDENCE);
    assertThat(interval.low()).isCloseTo(2 * share.low() - 1, within(1e-12));
    assertThat(change.method()).isEqualTo("Chernoff-Hoeffding, towards 0 by signs");
  }

  @Test
  void difference_tooFewToTell_fromTwoIntervals() {
    Sample some = Sample.ofShares(List.of(0.5, 0.75));
    Sample others = Sample.ofShares(List.of(0.25, 0.5, 0.25));
    Estimate difference = Sample.difference(some, others, 0.9);
    assertThat(difference.value()).isCloseTo(0.625 - 1.0 / 3, within(1e-12));
    Interval first = some.mean(0.95).interval().orElseThrow();
    Interval second = others.mean(0.95).interval().orElseThrow();
    assertThat(difference.interval())
        .contains(new Interval(first.low() - second.high(), first.high() - second.low(), 0.9));
    assertThat(difference.unitCount()).isEqualTo(2);
    assertThat(difference.method()).isEqualTo("two intervals, towards 0 by relabelling");
  }

  /** Without spread a shift is known exactly, and a randomization test is sure of too much. */
  @Test
  void difference_noSpread_boundWithoutAssumptions() {
    List<Double> tenths = Collections.nCopies(8, 0.1);
    List<Double> none = Collections.nCopies(8, 0.0);
    assertThat(
            Sample.difference(Sample.ofShares(tenths), Sample.ofShares(none), CONFIDENCE).method())
        .isEqualTo("two intervals");
    Estimate whole =
        Sample.difference(
            Sample.ofShares(zerosAndOnes(7, 8)), Sample.ofShares(zerosAndOnes(1, 8)), CONFIDENCE);
    assertThat(whole.method()).isEqualTo("two intervals");
    assertThat(Sample.ofChanges(tenths, none, Sample.each(none)).mean(CONFIDENCE).method())
        .isEqualTo("Chernoff-Hoeffding");
  }

  @Test
  void difference_fewButApart_found() {
    Sample some = Sample.ofShares(List.of(0.9, 0.8, 0.95, 0.85, 0.9, 0.7, 0.99, 0.88));
    Sample others = Sample.ofShares(List.of(0.3, 0.2, 0.35, 0.45, 0.25, 0.3, 0.3, 0.28));
    double low = Sample.difference(some, others, CONFIDENCE).interval().orElseThrow().low();
    assertThat(low).isGreaterThan(0.05);
    // Nothing but the draws differs.
    assertThat(Sample.difference(others, some, CONFIDENCE).interval().orElseThrow().high())
        .isCloseTo(-low, within(0.05));
  }

  @Test
  void difference_many_bootstrapped() {
    Random random = new Random(4);
    List<Double> some = IntStream.range(0, 300).mapToObj(i -> random.nextGaussian()).toList();
    List<Double> others = IntStream.range(0, 300).mapToObj(i -> random.nextGaussian()).toList();
    Estimate difference =
        Sample.difference(Sample.ofNumbers(some), Sample.ofNumbers(others), CONFIDENCE);
    double reach = 1.959964 * Math.sqrt(2.0 / 300);
    Interval interval = difference.interval().orElseThrow();
    // Variances of 300 draws are 1 within some 8 %, two of them.
    assertThat(interval.high() - interval.low()).isCloseTo(2 * reach, within(0.2 * reach));
  }

  @Test
  void difference_nothing() {
    Estimate difference =
        Sample.difference(Sample.ofShares(List.of()), Sample.ofShares(List.of(1.0)), CONFIDENCE);
    assertThat(difference.value()).isNaN();
  }

  @Test
  void of_outsideRange() {
    assertThatThrownBy(() -> Sample.ofShares(List.of(0.5, 1.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value 1 must be in [0.0, 1.0], but was: 1.5");
  }

  @Test
  void of_unitsMissing() {
    assertThatThrownBy(() -> Sample.ofShares(List.of(0.5, 0.5), List.of("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a unit for each of 2 values, but there were 1");
  }

  @Test
  void changes_ofOtherItems() {
    assertThatThrownBy(() -> Sample.ofChanges(List.of(1.0), List.of(1.0, 0.0), abc()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("paired values must be of the same items, but there were 1 and 2");
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "-0.5", "NaN"})
  void mean_badConfidence(double confidence) {
    Sample sample = Sample.ofShares(List.of(1.0));
    assertThatThrownBy(() -> sample.mean(confidence))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence must be in (0, 1), but was: " + confidence);
  }

  private static List<String> abc() {
    return List.of("a", "b", "c");
  }

  private static List<Double> zerosAndOnes(int ones, int count) {
    return IntStream.range(0, count).mapToObj(i -> i < ones ? 1.0 : 0.0).toList();
  }
}
