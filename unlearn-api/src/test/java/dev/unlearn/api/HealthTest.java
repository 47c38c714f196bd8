package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class HealthTest {
  // Numbers whose differences are exact in binary.
  private static final HealthBound BOUND = new HealthBound(0.5, 0.25);

  @Test
  void healthy_atTheBounds() {
    assertThat(health(1, 1.5, 0.5, 0.25).healthy()).isTrue();
  }

  @Test
  void healthy_beyondOneBound() {
    assertThat(health(1, 1.5001, 0.5, 0.5).healthy()).isFalse();
    assertThat(health(1, 1, 0.5, 0.2499).healthy()).isFalse();
  }

  @Test
  void healthy_better() {
    assertThat(health(2, 1, 0.25, 0.75).healthy()).isTrue();
  }

  @Test
  void healthy_undefined() {
    assertThat(health(Double.NaN, 1, 0.5, 0.5).healthy()).isFalse();
    assertThat(health(1, Double.NaN, 0.5, 0.5).healthy()).isFalse();
    assertThat(health(1, 1, Double.NaN, 0.5).healthy()).isFalse();
    assertThat(health(1, 1, 0.5, Double.NaN).healthy()).isFalse();
    assertThat(health(1, Double.POSITIVE_INFINITY, 0.5, 0.5).healthy()).isFalse();
  }

  @Test
  void bound_edges() {
    assertThat(new HealthBound(0, 0).maxMaDrop()).isZero();
    assertThat(new HealthBound(Double.POSITIVE_INFINITY, 1).maxMaDrop()).isEqualTo(1);
    assertThat(HealthBound.DEFAULT).isEqualTo(new HealthBound(0.1, 0.05));
  }

  @Test
  void bound_outside() {
    assertThatThrownBy(() -> new HealthBound(-0.1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxLossIncrease must be >= 0, but was: -0.1");
    assertThatThrownBy(() -> new HealthBound(Double.NaN, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxLossIncrease must be >= 0, but was: NaN");
    assertThatThrownBy(() -> new HealthBound(0, 1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxMaDrop must be in [0, 1], but was: 1.5");
    assertThatThrownBy(() -> new HealthBound(0, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxMaDrop must be in [0, 1], but was: NaN");
  }

  private static Health health(
      double lossBefore, double lossAfter, double maBefore, double maAfter) {
    return Health.builder()
        .lossBefore(lossBefore)
        .lossAfter(lossAfter)
        .maBefore(maBefore)
        .maAfter(maAfter)
        .bound(BOUND)
        .build();
  }
}
