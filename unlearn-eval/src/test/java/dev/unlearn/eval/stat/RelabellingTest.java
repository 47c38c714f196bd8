package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RelabellingTest {
  private static final double CONFIDENCE = 0.9;

  /** Four standard deviations of a share of 1/20 in 9,999 draws. */
  private static final double CHANCE = 4 * Math.sqrt(0.05 * 0.95 / 9_999);

  /** Units of different sizes. */
  private static final List<double[]> SOME =
      List.of(new double[] {0.9, 0.7}, new double[] {0.8}, new double[] {0.4, 0.65}, of(0.95));

  private static final List<double[]> OTHERS =
      List.of(of(0.3), new double[] {0.5, 0.1, 0.35}, of(0.6), of(0.2), of(0.45));

  /** At its ends, by all 126 relabellings, chance has just the probability of the level. */
  @Test
  void difference_againstAllRelabellings() {
    Interval interval = Relabelling.difference(SOME, OTHERS, CONFIDENCE);
    double low = interval.low();
    assertThat(chance(low - 1e-9, true)).isLessThan(0.05 + CHANCE);
    assertThat(chance(low + 1e-9, true)).isGreaterThan(0.05 - CHANCE);
    double high = interval.high();
    assertThat(chance(high + 1e-9, false)).isLessThan(0.05 + CHANCE);
    assertThat(chance(high - 1e-9, false)).isGreaterThan(0.05 - CHANCE);
  }

  /** By definition: takes the shift off, relabels in every way, and counts. */
  private static double chance(double shift, boolean above) {
    List<double[]> units = new ArrayList<>();
    SOME.forEach(unit -> units.add(Arrays.stream(unit).map(value -> value - shift).toArray()));
    units.addAll(OTHERS);
    double found = difference(units, 0b1111);
    int all = 0;
    int asFar = 0;
    for (int labels = 0; labels < 1 << units.size(); labels++) {
      if (Integer.bitCount(labels) == SOME.size()) {
        all++;
        double relabelled = difference(units, labels);
        asFar += (above ? relabelled >= found - 1e-12 : relabelled <= found + 1e-12) ? 1 : 0;
      }
    }
    assertThat(all).isEqualTo(126);
    return (double) asFar / all;
  }

  private static double difference(List<double[]> units, int labels) {
    return mean(units, labels) - mean(units, ~labels);
  }

  private static double mean(List<double[]> units, int labels) {
    double sum = 0;
    int size = 0;
    for (int i = 0; i < units.size(); i++) {
      if ((labels >> i & 1) == 1) {
        sum += Arrays.stream(units.get(i)).sum();
        size += units.get(i).length;
      }
    }
    return sum / size;
  }

  /** Six changes have 64 ways of signs; by all of them, as above. */
  @Test
  void change_againstAllSigns() {
    double[] changes = {-0.3, -0.1, -0.25, 0.05, -0.4, -0.2};
    List<double[]> units = Arrays.stream(changes).mapToObj(RelabellingTest::of).toList();
    double low = Relabelling.change(units, CONFIDENCE).low();
    assertThat(signChance(changes, low - 1e-9)).isLessThan(0.05 + CHANCE);
    assertThat(signChance(changes, low + 1e-9)).isGreaterThan(0.05 - CHANCE);
  }

  private static double signChance(double[] changes, double shift) {
    double[] shifted = Arrays.stream(changes).map(change -> change - shift).toArray();
    double found = Arrays.stream(shifted).sum();
    int asFar = 0;
    for (int signs = 0; signs < 1 << shifted.length; signs++) {
      double sum = 0;
      for (int i = 0; i < shifted.length; i++) {
        sum += (signs >> i & 1) == 1 ? -shifted[i] : shifted[i];
      }
      asFar += sum >= found - 1e-12 ? 1 : 0;
    }
    return (double) asFar / (1 << shifted.length);
  }

  /** Two against two can be relabelled in six ways: none is rare enough. */
  @Test
  void difference_tooFew_noBound() {
    Interval interval =
        Relabelling.difference(List.of(of(0.9), of(0.8)), List.of(of(0.1), of(0.2)), CONFIDENCE);
    assertThat(interval.low()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(interval.high()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  /** Of samples that do not differ, one in twenty is found to be above, and one below. */
  @Test
  void difference_none_foundAsOftenAsTheLevelSays() {
    Random random = new Random(5);
    int above = 0;
    int below = 0;
    for (int round = 0; round < 400; round++) {
      List<double[]> some = Stream.generate(() -> of(random.nextDouble())).limit(8).toList();
      List<double[]> others = Stream.generate(() -> of(random.nextDouble())).limit(12).toList();
      Interval interval = Relabelling.difference(some, others, CONFIDENCE);
      above += interval.low() > 0 ? 1 : 0;
      below += interval.high() < 0 ? 1 : 0;
    }
    // 20 of 400, within four standard deviations.
    assertThat((double) above).isCloseTo(20, within(18.0));
    assertThat((double) below).isCloseTo(20, within(18.0));
  }

  private static double[] of(double value) {
    return new double[] {value};
  }
}
