package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected numbers are those of scipy 1.17.1, {@code ks_2samp(..., method="exact")}. */
final class KolmogorovSmirnovTest {
  @Test
  void of_fiveByFive() {
    // Ordered: y x y y x x y x x y; after four numbers it is 1/5 against 3/5.
    KolmogorovSmirnov test =
        KolmogorovSmirnov.of(
            List.of(1.001231, 1.348167, 0.760227, 0.410413, 0.634657),
            List.of(0.370965, 1.061989, 3.819866, 0.611276, 0.537689));
    assertThat(test.statistic()).isCloseTo(0.4, within(1e-15));
    assertThat(test.pValue()).isCloseTo(0.873015873015873, within(1e-14));
    assertThat(test.firstCount()).isEqualTo(5);
    assertThat(test.secondCount()).isEqualTo(5);
    assertThat(test.exact()).isTrue();
  }

  @Test
  void of_eightBySix() {
    KolmogorovSmirnov test =
        KolmogorovSmirnov.of(
            List.of(1.632058, 1.428874, 1.111171, 0.394369, 0.971172, 2.004317, 0.260744, 0.632791),
            List.of(0.20165, 0.371748, 0.214009, 1.067062, 0.380052, 1.770504));
    assertThat(test.statistic()).isCloseTo(13.0 / 24, within(1e-15));
    assertThat(test.pValue()).isCloseTo(0.19247419247419248, within(1e-14));
  }

  /** D is the shift; p by the numbers of a published log with the same D. */
  @ParameterizedTest
  @CsvSource({
    "119, 1.834066410994743e-21",
    "104, 2.1942743021891237e-16",
    "124, 2.5180385562752383e-23",
    "186, 3.066217438429991e-54"
  })
  void of_threeHundredShifted(int shift, double pValue) {
    List<Double> first = IntStream.range(0, 300).mapToObj(i -> (double) i).toList();
    List<Double> second = first.stream().map(x -> x + shift - 0.5).toList();
    KolmogorovSmirnov test = KolmogorovSmirnov.of(first, second);
    assertThat(test.statistic()).isCloseTo(shift / 300.0, within(1e-15));
    assertThat(test.pValue()).isCloseTo(pValue, withinPercentage(1e-10));
  }

  @Test
  void of_unequalSizes() {
    // 114 of 300 first, then the rest evenly among 200.
    List<Double> first = IntStream.range(0, 300).mapToObj(i -> (double) i).toList();
    List<Double> second =
        IntStream.range(0, 200).mapToObj(i -> 113.5 + (i + 0.5) * 186 / 200).toList();
    KolmogorovSmirnov test = KolmogorovSmirnov.of(first, second);
    assertThat(test.statistic()).isCloseTo(0.38, within(1e-15));
    assertThat(test.pValue()).isCloseTo(6.504458846554448e-16, withinPercentage(1e-10));
  }

  /** Counted by hand: of the 6 ways to order 2 and 2, 2 have D = 1. */
  @Test
  void of_smallest() {
    KolmogorovSmirnov test = KolmogorovSmirnov.of(List.of(1.0, 2.0), List.of(3.0, 4.0));
    assertThat(test.statistic()).isEqualTo(1);
    assertThat(test.pValue()).isCloseTo(1.0 / 3, within(1e-15));
  }

  @Test
  void of_same() {
    List<Double> sample = List.of(1.0, 2.0, 2.0, Double.POSITIVE_INFINITY);
    KolmogorovSmirnov test = KolmogorovSmirnov.of(sample, sample);
    assertThat(test.statistic()).isZero();
    assertThat(test.pValue()).isEqualTo(1);
  }

  @Test
  void of_beyondExact() {
    List<Double> many = IntStream.range(0, 10_001).mapToObj(i -> (double) i).toList();
    assertThat(KolmogorovSmirnov.of(many, List.of(0.5, 1.5)).exact()).isFalse();
  }

  @Test
  void of_badSamples() {
    assertThatThrownBy(() -> KolmogorovSmirnov.of(List.of(1.0), List.of(1.0, 2.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the first sample must have at least 2 numbers, but had: 1");
    assertThatThrownBy(() -> KolmogorovSmirnov.of(List.of(1.0, 2.0), List.of(1.0, Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the second sample must hold no NaN, but number 1 was one");
  }
}
