package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IntervalTest {
  @Test
  void contains_endsAreIn() {
    Interval interval = new Interval(0.25, 0.5, 0.95);
    assertThat(interval.contains(0.25)).isTrue();
    assertThat(interval.contains(0.5)).isTrue();
    assertThat(interval.contains(Math.nextDown(0.25))).isFalse();
    assertThat(interval.contains(Math.nextUp(0.5))).isFalse();
    assertThat(interval.contains(Double.NaN)).isFalse();
  }

  @Test
  void create_point() {
    assertThat(new Interval(0.5, 0.5, 1).contains(0.5)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0.5, 0.25", "NaN, 0.5", "0.5, NaN"})
  void create_notInOrder(double low, double high) {
    assertThatThrownBy(() -> new Interval(low, high, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("low (" + low + ") must be <= high (" + high + ")");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.5, Double.NaN})
  void create_badConfidence(double confidence) {
    assertThatThrownBy(() -> new Interval(0, 1, confidence))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence must be in (0, 1], but was: " + confidence);
  }
}
