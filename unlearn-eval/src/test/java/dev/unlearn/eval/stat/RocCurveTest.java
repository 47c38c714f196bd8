package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RocCurveTest {
  private static final Offset<Double> ROUNDING = within(1e-12);
  private static final double CONFIDENCE = 0.95;

  @Test
  void placements_handNumbers() {
    // Of the negatives 1, 2, 2, 4: below 2 is one and two are tied, below 5 are all, below 0 none.
    RocCurve curve = RocCurve.of(List.of(2.0, 5.0, 0.0), List.of(2.0, 4.0, 1.0, 2.0));
    assertThat(curve.placements()).containsExactly(0.5, 1.0, 0.0);
    assertThat(curve.auc()).isEqualTo(0.5);
  }

  @Test
  void auc_allPairs() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      List<Double> positives = coarse(random, 1 + random.nextInt(30));
      List<Double> negatives = coarse(random, 1 + random.nextInt(30));
      double pairs = 0;
      for (double positive : positives) {
        for (double negative : negatives) {
          pairs += positive > negative ? 1 : positive == negative ? 0.5 : 0;
        }
      }
      double expected = pairs / positives.size() / negatives.size();
      assertThat(RocCurve.of(positives, negatives).auc()).isCloseTo(expected, ROUNDING);
      assertThat(RocCurve.of(negatives, positives).auc()).isCloseTo(1 - expected, ROUNDING);
    }
  }

  /** Few values, so that there are ties; both zeros and both infinities among them. */
  private static List<Double> coarse(Random random, int count) {
    double inf = Double.POSITIVE_INFINITY;
    List<Double> values = List.of(-inf, -1.0, -0.0, 0.0, 1.0, 2.0, inf);
    return IntStream.range(0, count)
        .mapToObj(i -> values.get(random.nextInt(values.size())))
        .toList();
  }

  @Test
  void auc_undefinedScoresLeftOut() {
    RocCurve curve = RocCurve.of(List.of(Double.NaN, 3.0, 1.0), List.of(2.0, Double.NaN, 0.0, 4.0));
    assertThat(curve.placements().get(0)).isNaN();
    assertThat(curve.auc()).isCloseTo((2.0 / 3 + 1.0 / 3) / 2, ROUNDING);
    assertThat(curve.positiveCount()).isEqualTo(2);
    assertThat(curve.negativeCount()).isEqualTo(3);
    assertThat(curve).hasToString("RocCurve[positives=2, negatives=3]");
  }

  @Test
  void auc_nothing() {
    assertThat(RocCurve.of(List.of(), List.of(1.0)).auc(CONFIDENCE).value()).isNaN();
    assertThat(RocCurve.of(List.of(1.0), List.of()).auc(CONFIDENCE).value()).isNaN();
  }

  @Test
  void auc_few_boundOfTheSmallerNumber() {
    Random random = new Random(2);
    RocCurve curve = RocCurve.of(normal(random, 20, 0.5), normal(random, 60, 0));
    Estimate auc = curve.auc(CONFIDENCE);
    assertThat(auc.method()).isEqualTo("Chernoff-Hoeffding");
    assertThat(auc.interval()).contains(HoeffdingInterval.of(auc.value(), 20, CONFIDENCE));
    assertThat(auc.unitCount()).isEqualTo(20);
  }

  /** Each score once more in the same unit: the same curve, and no narrower. */
  @Test
  void auc_itemsOfOneUnit_areOneDraw() {
    Random random = new Random(3);
    for (int count : new int[] {30, 150}) {
      List<Double> positives = normal(random, count, 0.5);
      List<Double> negatives = normal(random, count, 0);
      List<String> units = Sample.each(positives);
      RocCurve twice =
          RocCurve.of(
              twice(positives), twice(units), twice(negatives), twice(Sample.each(negatives)));
      Estimate once = RocCurve.of(positives, negatives).auc(CONFIDENCE);
      assertThat(twice.auc(CONFIDENCE).value()).isCloseTo(once.value(), ROUNDING);
      assertThat(twice.auc(CONFIDENCE).unitCount()).isEqualTo(count);
      Interval expected = once.interval().orElseThrow();
      Interval interval = twice.auc(CONFIDENCE).interval().orElseThrow();
      assertThat(interval.low()).isCloseTo(expected.low(), within(1e-9));
      assertThat(interval.high()).isCloseTo(expected.high(), within(1e-9));
    }
  }

  private static <T> List<T> twice(List<T> values) {
    List<T> twice = new ArrayList<>(values);
    twice.addAll(values);
    return twice;
  }

  @Test
  void auc_unitsOfSeveralSizes() {
    // Shares of positives: 3/4 and 1/4, squared 10/16; of negatives: 1/2 and 1/2, squared 8/16.
    RocCurve curve =
        RocCurve.of(
            List.of(1.0, 2.0, 0.0, 0.5),
            List.of("a", "a", "a", "b"),
            List.of(1.5, 0.2),
            List.of("c", "d"));
    Estimate auc = curve.auc(0.5);
    // Placements 1/2, 1, 0, 1/2; ln 4 / 2 * 18/16 = 0.78, and 0.5 +- 0.88 is everything.
    assertThat(auc.value()).isEqualTo(0.5);
    assertThat(auc.method()).isEqualTo("McDiarmid");
    assertThat(auc.interval()).contains(new Interval(0, 1, 0.5));
  }

  /**
   * Hanley and McNeil's standard error for equal normal distributions: sqrt((n + m + 1) / 12nm).
   */
  @Test
  void auc_many_bootstrapped() {
    Random random = new Random(4);
    Estimate auc = RocCurve.of(normal(random, 400, 0), normal(random, 300, 0)).auc(CONFIDENCE);
    assertThat(auc.method()).isEqualTo("bootstrap");
    Interval interval = auc.interval().orElseThrow();
    double width = 2 * 1.959964 * Math.sqrt(701.0 / 12 / 400 / 300);
    assertThat(interval.high() - interval.low()).isCloseTo(width, within(0.1 * width));
  }

  /** The bootstrap would say that the area is 1 for certain. */
  @Test
  void auc_apart_boundInstead() {
    RocCurve curve = RocCurve.of(Collections.nCopies(200, 1.0), Collections.nCopies(150, 0.0));
    assertThat(curve.auc(CONFIDENCE).value()).isOne();
    assertThat(curve.auc(CONFIDENCE).interval()).contains(HoeffdingInterval.of(1, 150, CONFIDENCE));
  }

  /** Normal distributions one deviation apart: the area is Phi(1 / sqrt 2) = 0.76025. */
  @ParameterizedTest
  @CsvSource({"12, 100, 0.95", "120, 40, 0.90"})
  void auc_coversTheTruth(int count, int rounds, double least) {
    Random random = new Random(5);
    int covered = 0;
    for (int round = 0; round < rounds; round++) {
      RocCurve curve = RocCurve.of(normal(random, count, 1), normal(random, count, 0));
      covered += curve.auc(CONFIDENCE).interval().orElseThrow().contains(0.76025) ? 1 : 0;
    }
    assertThat((double) covered / rounds).isGreaterThanOrEqualTo(least);
  }

  @Test
  void truePositiveRate_exactStep() {
    // With 20 negatives, 0.5 allows 10 above: the threshold is the eleventh from the top, 10.
    List<Double> negatives = IntStream.rangeClosed(1, 20).mapToObj(i -> (double) i).toList();
    RocCurve curve = RocCurve.of(List.of(9.0, 10.0, 10.5, 30.0), negatives);
    assertThat(curve.truePositiveRate(0.5, CONFIDENCE).value()).isEqualTo(0.5);
    // 0.549 allows no eleventh.
    RocCurve more = RocCurve.of(List.of(9.0, 9.5, 10.5, 30.0), negatives);
    assertThat(more.truePositiveRate(0.549, CONFIDENCE).value()).isEqualTo(0.5);
    assertThat(more.truePositiveRate(0.55, CONFIDENCE).value()).isEqualTo(0.75);
  }

  @Test
  void truePositiveRate_tiesAtTheThreshold() {
    // Five of twenty tie at the top: none may be passed without passing all five, but 4 are
    // allowed.
    List<Double> negatives = new ArrayList<>(Collections.nCopies(5, 7.0));
    negatives.addAll(Collections.nCopies(45, 0.0));
    RocCurve curve = RocCurve.of(List.of(7.0, 8.0, 6.0), negatives);
    assertThat(curve.truePositiveRate(0.2, CONFIDENCE).value()).isOne();
    List<Double> higher = new ArrayList<>(Collections.nCopies(11, 7.0));
    higher.addAll(Collections.nCopies(39, 0.0));
    assertThat(
            RocCurve.of(List.of(7.0, 8.0, 6.0), higher).truePositiveRate(0.2, CONFIDENCE).value())
        .isCloseTo(1.0 / 3, ROUNDING);
  }

  /** The best of all thresholds that keep to the rate. */
  @Test
  void truePositiveRate_allThresholds() {
    Random random = new Random(6);
    for (int round = 0; round < 30; round++) {
      List<Double> positives = coarse(random, 25);
      List<Double> negatives = coarse(random, 110);
      double best = 0;
      for (double threshold : twice(negatives)) {
        double falsePositives = share(negatives, threshold);
        if (falsePositives <= 0.1) {
          best = Math.max(best, share(positives, threshold));
        }
      }
      assertThat(RocCurve.of(positives, negatives).truePositiveRate(0.1, CONFIDENCE).value())
          .isCloseTo(best, ROUNDING);
    }
  }

  private static double share(List<Double> scores, double threshold) {
    return (double) scores.stream().filter(score -> score > threshold).count() / scores.size();
  }

  /** One deviation apart, the share 0.1 lies above 1.28155, and Phi(-0.28155) = 0.38914 does. */
  @Test
  void truePositiveRate_coversTheTruth() {
    Random random = new Random(7);
    int covered = 0;
    double widths = 0;
    for (int round = 0; round < 200; round++) {
      RocCurve curve = RocCurve.of(normal(random, 100, 1), normal(random, 300, 0));
      Interval interval = curve.truePositiveRate(0.1, CONFIDENCE).interval().orElseThrow();
      covered += interval.contains(0.38914) ? 1 : 0;
      widths += interval.high() - interval.low();
    }
    assertThat(covered / 200.0).isGreaterThanOrEqualTo(0.95);
    assertThat(widths / 200).isLessThan(0.6);
  }

  @Test
  void truePositiveRate_tooFewNegatives() {
    RocCurve curve = RocCurve.of(List.of(1.0), Collections.nCopies(999, 0.0));
    assertThatThrownBy(() -> curve.truePositiveRate(0.01, CONFIDENCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a true positive rate at a false positive rate of 0.01 needs at least 1000 negatives,"
                + " but there were: 999");
    assertThat(RocCurve.negativesNeeded(0.001)).isEqualTo(10_000);
    assertThat(RocCurve.negativesNeeded(0.3)).isEqualTo(34);
  }

  @Test
  void truePositiveRate_negativesShareUnits() {
    List<Double> negatives = normal(new Random(8), 100, 0);
    List<String> units = IntStream.range(0, 100).mapToObj(i -> "" + i / 2).toList();
    Estimate rate =
        RocCurve.of(List.of(1.0), List.of("a"), negatives, units).truePositiveRate(0.1, CONFIDENCE);
    assertThat(rate.interval()).isEmpty();
    assertThat(rate.method()).isEqualTo("no interval: negatives share units");
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "-0.1", "NaN"})
  void truePositiveRate_badRate(double rate) {
    RocCurve curve = RocCurve.of(List.of(1.0), List.of(0.0));
    assertThatThrownBy(() -> curve.truePositiveRate(rate, CONFIDENCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("falsePositiveRate must be in (0, 1), but was: " + rate);
  }

  /** Small shifts of the same scores: paired, the change is known far better than either curve. */
  @Test
  void change_paired() {
    Random random = new Random(9);
    List<Double> positives = normal(random, 200, 0.5);
    List<Double> shifted =
        positives.stream().map(score -> score - 0.2 + 0.01 * random.nextGaussian()).toList();
    List<Double> negatives = normal(random, 200, 0);
    RocCurve before = RocCurve.of(positives, negatives);
    RocCurve after = RocCurve.of(shifted, negatives);
    Estimate change = RocCurve.change(before, after, CONFIDENCE);
    assertThat(change.value()).isCloseTo(after.auc() - before.auc(), ROUNDING);
    assertThat(change.method()).isEqualTo("bootstrap");
    Interval interval = change.interval().orElseThrow();
    Interval single = after.auc(CONFIDENCE).interval().orElseThrow();
    assertThat(interval.high() - interval.low()).isLessThan((single.high() - single.low()) / 3);
    assertThat(interval.high()).isNegative();
  }

  @Test
  void change_few_twoIntervals() {
    RocCurve before = RocCurve.of(List.of(3.0, 4.0), List.of(1.0, 2.0));
    RocCurve after = RocCurve.of(List.of(1.5, 0.0), List.of(1.0, 2.0));
    Estimate change = RocCurve.change(before, after, 0.5);
    assertThat(change.value()).isEqualTo(-0.75);
    Interval one = HoeffdingInterval.of(1, 2, 0.75);
    Interval two = HoeffdingInterval.of(0.25, 2, 0.75);
    assertThat(change.interval())
        .contains(new Interval(two.low() - one.high(), two.high() - one.low(), 0.5));
  }

  /** A model that is broken afterwards has no score for some. */
  @Test
  void change_someWithoutScore() {
    RocCurve before = RocCurve.of(List.of(3.0, 0.0), List.of(1.0, 2.0, 4.0));
    RocCurve after = RocCurve.of(List.of(1.5, Double.NaN), List.of(1.0, 2.0, Double.NaN));
    // Only the first of the positives and the first two negatives: from 1 to 1/2.
    assertThat(RocCurve.change(before, after, CONFIDENCE).value()).isEqualTo(-0.5);
    RocCurve broken = RocCurve.of(List.of(Double.NaN, Double.NaN), List.of(1.0, 2.0, 4.0));
    assertThat(RocCurve.change(before, broken, CONFIDENCE).value()).isNaN();
  }

  /** Equal scores do not prove that there is no change. */
  @Test
  void change_none() {
    Random random = new Random(10);
    RocCurve curve = RocCurve.of(normal(random, 120, 0), normal(random, 120, 0));
    Estimate change = RocCurve.change(curve, curve, CONFIDENCE);
    assertThat(change.value()).isZero();
    assertThat(change.method()).isEqualTo("two intervals");
  }

  @Test
  void change_ofOtherItems() {
    RocCurve one = RocCurve.of(List.of(1.0), List.of(0.0));
    RocCurve other = RocCurve.of(List.of(1.0, 2.0), List.of(0.0));
    assertThatThrownBy(() -> RocCurve.change(one, other, CONFIDENCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "curves to compare must be of the same items, but were of RocCurve[positives=1,"
                + " negatives=1] and RocCurve[positives=2, negatives=1]");
  }

  @Test
  void of_unitsMissing() {
    assertThatThrownBy(() -> RocCurve.of(List.of(1.0), List.of(), List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a unit for each of 1 scores, but there were 0");
  }

  private static List<Double> normal(Random random, int count, double mean) {
    return IntStream.range(0, count).mapToObj(i -> mean + random.nextGaussian()).toList();
  }
}
