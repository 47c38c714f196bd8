package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HoeffdingIntervalTest {
  private static final Offset<Double> ROUNDING = within(1e-12);

  @ParameterizedTest
  @ValueSource(longs = {1, 8, 32, 100, 4096, 1_000_000})
  void of_meanZero(long draws) {
    // kl(0, p) = -ln(1 - p), so the end is 1 - 0.025^(1/N): 0.975 at 1, 0.0362 at 100.
    Interval interval = HoeffdingInterval.of(0, draws, 0.95);
    assertThat(interval.low()).isZero();
    assertThat(interval.high()).isCloseTo(1 - Math.pow(0.025, 1.0 / draws), ROUNDING);
    assertThat(interval.confidence()).isEqualTo(0.95);
  }

  @Test
  void of_meanOne() {
    Interval interval = HoeffdingInterval.of(1, 100, 0.95);
    assertThat(interval.low()).isCloseTo(Math.pow(0.025, 0.01), ROUNDING);
    assertThat(interval.high()).isOne();
  }

  @Test
  void of_meanHalf() {
    // kl(1/2, p) = -ln(4 p (1 - p)) / 2 = b where p = (1 +- sqrt(1 - exp(-2 b))) / 2. With 4 draws
    // at 1 - 2 / e^2, b = 2 / 4: sqrt(1 - 1/e) = 0.795.
    Interval interval = HoeffdingInterval.of(0.5, 4, 1 - 2 / Math.exp(2));
    double half = Math.sqrt(1 - Math.exp(-1)) / 2;
    assertThat(interval.low()).isCloseTo(0.5 - half, ROUNDING);
    assertThat(interval.high()).isCloseTo(0.5 + half, ROUNDING);
  }

  @ParameterizedTest
  @CsvSource({"1e-9, 32", "0.001, 32", "0.01, 1000", "0.3, 7", "0.9, 100", "0.999, 100000"})
  void of_endsSolveTheEquation(double mean, long draws) {
    Interval interval = HoeffdingInterval.of(mean, draws, 0.95);
    assertThat(interval.contains(mean)).isTrue();
    // Ends that are beyond the smallest number found are rounded outwards, to 0 or 1.
    for (double end : new double[] {interval.low(), interval.high()}) {
      if (end > 0 && end < 1) {
        double divergence =
            mean * Math.log(mean / end) + (1 - mean) * Math.log((1 - mean) / (1 - end));
        assertThat(draws * divergence).isCloseTo(Math.log(40), within(1e-6));
      }
    }
    assertThat(interval.high()).isLessThan(1);
  }

  @Test
  void of_narrowerNearZero() {
    // The distribution-free half-width at 256 draws is sqrt(ln(40) / 512) = 0.085.
    Interval interval = HoeffdingInterval.of(0.002, 256, 0.95);
    assertThat(interval.high() - 0.002).isLessThan(0.085 / 4);
  }

  @Test
  void weighted_byHand() {
    // At 1 - 2 / e^2, ln(2 / (1 - confidence)) is 2, so the reach is the root of the squares: of
    // weights 1/2, 1/3 and 1/6, (9 + 4 + 1) / 36.
    double confidence = 1 - 2 / Math.exp(2);
    Interval interval = HoeffdingInterval.weighted(0.5, 14 / 36.0, confidence);
    assertThat(interval.low()).isZero();
    assertThat(interval.high()).isOne();
    Interval narrow = HoeffdingInterval.weighted(0.9, 0.04, confidence);
    assertThat(narrow.low()).isCloseTo(0.7, ROUNDING);
    assertThat(narrow.high()).isOne();
    assertThat(narrow.confidence()).isEqualTo(confidence);
  }

  @Test
  void weighted_badArguments() {
    assertThatThrownBy(() -> HoeffdingInterval.weighted(1.1, 0.5, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mean must be in [0, 1], but was: 1.1");
    assertThatThrownBy(() -> HoeffdingInterval.weighted(0.5, 0, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("squaredWeights must be > 0, but was: 0.0");
    assertThatThrownBy(() -> HoeffdingInterval.weighted(0.5, 0.5, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence must be in (0, 1), but was: 0.0");
  }

  @Test
  void of_badArguments() {
    assertThatThrownBy(() -> HoeffdingInterval.of(Double.NaN, 3, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mean must be in [0, 1], but was: NaN");
    assertThatThrownBy(() -> HoeffdingInterval.of(0.5, 0, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("draws must be >= 1, but was: 0");
    assertThatThrownBy(() -> HoeffdingInterval.of(0.5, 3, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence must be in (0, 1), but was: 1.0");
  }
}
