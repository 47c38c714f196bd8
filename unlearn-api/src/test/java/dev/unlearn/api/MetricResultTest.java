package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MetricResultTest {
  @Test
  void mean_plain() {
    MetricResult result = MetricResult.mean("ma", List.of(0.5, 0.25));
    assertThat(result.key()).isEqualTo("ma");
    assertThat(result.value()).isEqualTo(0.375);
    assertThat(result.perSequence()).containsExactly(0.5, 0.25);
  }

  @Test
  void mean_someUndefined() {
    // (1 + 0) / 2; with NaN as 0 it would be 1/3.
    MetricResult result = MetricResult.mean("ma", List.of(1.0, Double.NaN, 0.0));
    assertThat(result.value()).isEqualTo(0.5);
    assertThat(result.perSequence()).containsExactly(1.0, Double.NaN, 0.0);
  }

  @Test
  void mean_allUndefined() {
    assertThat(MetricResult.mean("ma", List.of(Double.NaN, Double.NaN)).value()).isNaN();
    assertThat(MetricResult.mean("ma", List.of()).value()).isNaN();
  }

  @Test
  void of_givenAggregate() {
    assertThat(MetricResult.of("loss", 3, List.of(1.0, 2.0)).value()).isEqualTo(3);
  }

  @Test
  void of_interval() {
    Interval interval = new Interval(0.25, 0.75, 0.95);
    MetricResult result = MetricResult.of("el", 0.5, List.of(0.5), interval);
    assertThat(result.interval()).contains(interval);
    assertThat(result.value()).isEqualTo(0.5);
    assertThat(MetricResult.of("el", 0.5, List.of(0.5)).interval()).isEmpty();
    assertThat(MetricResult.mean("el", List.of(0.5)).interval()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.125, 1, Double.NaN})
  void of_intervalWithoutTheValue(double value) {
    Interval interval = new Interval(0.25, 0.75, 0.95);
    assertThatThrownBy(() -> MetricResult.of("el", value, List.of(0.5), interval))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "interval must contain the value ("
                + value
                + "), but was: Interval[low=0.25, high=0.75, confidence=0.95]");
  }

  @Test
  void of_listChangedLater() {
    List<Double> values = new ArrayList<>(List.of(1.0));
    MetricResult result = MetricResult.of("loss", 1, values);
    values.set(0, 2.0);
    assertThat(result.perSequence()).containsExactly(1.0);
  }

  @Test
  void equals_undefined() {
    assertThat(MetricResult.of("loss", Double.NaN, List.of(Double.NaN)))
        .isEqualTo(MetricResult.of("loss", Double.NaN, List.of(Double.NaN)))
        .isNotEqualTo(MetricResult.of("loss", 0, List.of(Double.NaN)));
  }
}
