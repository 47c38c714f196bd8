package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RelabellingTest {
  private static final double LEVEL = 0.05;

  /** Four standard deviations of a share of 1/20 in 9,999 draws. */
  private static final double CHANCE = 4 * Math.sqrt(0.05 * 0.95 / 9_999);

  /** Units of different sizes. */
  private static final List<double[]> SOME =
      List.of(
          new double[] {0.9, 0.7},
          of(0.8),
          new double[] {0.9, 0.65},
          of(0.95),
          new double[] {0.9, 0.8, 1},
          of(0.85));

  private static final List<double[]> OTHERS =
      List.of(of(0.1), new double[] {0.2, 0.1, 0.15}, of(0.1), of(0.2), of(0), of(0.05));

  /** At its end, by all 3,432 relabellings, chance has just the probability of the level. */
  @Test
  void difference_againstAllRelabellings() {
    double end = Relabelling.difference(SOME, OTHERS, 0, 1, LEVEL);
    assertThat(end).isBetween(0.1, 0.6);
    assertThat(chance(end - 1e-6)).isLessThan(LEVEL + CHANCE);
    assertThat(chance(end + 1e-6)).isGreaterThan(LEVEL - CHANCE);
  }

  /** By definition: adds the worst units, takes the shift off, relabels in every way, counts. */
  private static double chance(double shift) {
    double size = 18.0 / 12;
    List<double[]> units = new ArrayList<>(); // sum and size
    SOME.forEach(unit -> units.add(shifted(Arrays.stream(unit).sum(), unit.length, shift)));
    units.add(shifted(0, size, shift));
    OTHERS.forEach(unit -> units.add(shifted(Arrays.stream(unit).sum(), unit.length, 0)));
    units.add(shifted(size, size, 0));
    double found = distance(units, 0b1111111);
    int all = 0;
    int asFar = 0;
    for (int labels = 0; labels < 1 << units.size(); labels++) {
      if (Integer.bitCount(labels) == 7) {
        all++;
        asFar += distance(units, labels) >= found - 1e-9 ? 1 : 0;
      }
    }
    assertThat(all).isEqualTo(3432);
    return (double) asFar / all;
  }

  private static double[] shifted(double sum, double size, double shift) {
    return new double[] {sum - shift * size, size};
  }

  private static double distance(List<double[]> units, int labels) {
    List<double[]> ones = new ArrayList<>();
    List<double[]> others = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      ((labels >> i & 1) == 1 ? ones : others).add(units.get(i));
    }
    return (mean(ones) - mean(others)) / Math.sqrt(variance(ones) + variance(others));
  }

  private static double mean(List<double[]> units) {
    return total(units, unit -> unit[0]) / total(units, unit -> unit[1]);
  }

  /** Of a ratio of sums, by its linear part. */
  private static double variance(List<double[]> units) {
    double mean = mean(units);
    double squares = total(units, unit -> Math.pow(unit[0] - mean * unit[1], 2));
    int count = units.size();
    return squares / Math.pow(total(units, unit -> unit[1]), 2) * count / (count - 1);
  }

  private static double total(List<double[]> units, ToDoubleFunction<double[]> of) {
    return units.stream().mapToDouble(of).sum();
  }

  /** Eight changes and the worst have 512 ways of signs; by all of them, as above. */
  @Test
  void change_againstAllSigns() {
    double[] changes = {0.6, 0.7, 0.65, 0.8, 0.9, 0.75, 0.7, 0.85};
    double end =
        Relabelling.change(
            Arrays.stream(changes).mapToObj(RelabellingTest::of).toList(), -1, LEVEL);
    assertThat(end).isBetween(0.05, 0.6);
    assertThat(signChance(changes, end - 1e-6)).isLessThan(LEVEL + CHANCE);
    assertThat(signChance(changes, end + 1e-6)).isGreaterThan(LEVEL - CHANCE);
  }

  private static double signChance(double[] changes, double shift) {
    double[] shifted = Arrays.copyOf(changes, changes.length + 1);
    shifted[changes.length] = -1;
    Arrays.setAll(shifted, i -> shifted[i] - shift);
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

  /** Two and the worst against as many can be relabelled in twenty ways: none is rare enough. */
  @Test
  void difference_tooFew_notFound() {
    assertThat(
            Relabelling.difference(
                List.of(of(0.9), of(0.8)), List.of(of(0.1), of(0.2)), 0, 1, 0.025))
        .isEqualTo(Double.NEGATIVE_INFINITY);
  }

  /** Sums of equal numbers in another order differ by rounding, which is no difference. */
  @Test
  void difference_ties_notFound() {
    List<double[]> some = Stream.of(0.7, 0.1, 0.6, 0.3, 0.1, 0.2).map(RelabellingTest::of).toList();
    List<double[]> others =
        Stream.of(0.3, 0.1, 0.7, 0.2, 0.6, 0.1).map(RelabellingTest::of).toList();
    assertThat(Relabelling.difference(some, others, 0, 1, 0.4)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(Relabelling.difference(others, some, 0, 1, 0.4)).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  /**
   * Eight that vary much against 64 that do not, of one mean: by the mere difference of means,
   * relabelling finds one side above the other in 20 % instead of 2.5 %.
   */
  @Test
  void difference_otherVariances_seldomFound() {
    Random random = new Random(5);
    int found = 0;
    for (int round = 0; round < 300; round++) {
      List<double[]> some = Stream.generate(() -> of(random.nextInt(2))).limit(8).toList();
      List<double[]> others =
          Stream.generate(() -> of(0.4 + 0.2 * random.nextDouble())).limit(64).toList();
      found += Relabelling.difference(some, others, 0, 1, 0.025) > 0 ? 1 : 0;
    }
    assertThat(found).isLessThan(20);
  }

  /** One in ten is 1: in 43 of 100 samples of eight there is none, and 0.1 is no sign of more. */
  @Test
  void difference_rareInTheOther_seldomFound() {
    Random random = new Random(6);
    List<double[]> some = Stream.generate(() -> of(0.1)).limit(8).toList();
    for (int round = 0; round < 100; round++) {
      List<double[]> others =
          Stream.generate(() -> of(random.nextInt(10) == 0 ? 1 : 0)).limit(8).toList();
      assertThat(Relabelling.difference(some, others, 0, 1, 0.025)).isNegative();
    }
  }

  /** Thirty changes by a little for the better say nothing of a rare one for the worse. */
  @Test
  void change_small_notFound() {
    List<double[]> changes = Stream.generate(() -> of(0.01)).limit(30).toList();
    assertThat(Relabelling.change(changes, -1, 0.025)).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  private static double[] of(double value) {
    return new double[] {value};
  }
}
