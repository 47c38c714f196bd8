package dev.unlearn.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NumbersTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.25, 0.250",
    "0.0499, 0.0499",
    "0.000412, 0.000412",
    "0.0000000412, 4.12e-08",
    "7.456, 7.46",
    "31.04, 31.0",
    "1234.5, 1235",
    "-0.5, −0.500",
    "12345678, 1.23e+07",
    "NaN, undefined",
    "Infinity, infinite"
  })
  void format_number(double value, String text) {
    assertThat(Numbers.format(value)).isEqualTo(text);
  }

  @Test
  void format_estimate() {
    Estimate estimate =
        new Estimate(0.012, Optional.of(new Interval(0.0031, 0.0454, 0.95)), 40, "bootstrap");

    assertThat(Numbers.format(estimate)).isEqualTo("0.0120 [0.0031,\u00a00.0454]");
    assertThat(Numbers.formatChange(estimate)).isEqualTo("+0.0120 [0.0031,\u00a00.0454]");
    assertThat(Numbers.format(Estimate.of(0.5, 3, "none"))).isEqualTo("0.500");
    assertThat(Numbers.percent(0.382)).isEqualTo("38.2 %");
    assertThat(Numbers.confidence(0.95)).isEqualTo("95 %");
    assertThat(Numbers.confidence(0.975)).isEqualTo("97.5 %");
  }
}
