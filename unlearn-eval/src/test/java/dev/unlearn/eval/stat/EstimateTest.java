package dev.unlearn.eval.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Interval;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class EstimateTest {
  private static final Interval INTERVAL = new Interval(0.25, 0.5, 0.95);

  @Test
  void around_widensToTheValue() {
    assertThat(interval(0.5)).contains(INTERVAL);
    assertThat(interval(Math.nextUp(0.5))).contains(new Interval(0.25, Math.nextUp(0.5), 0.95));
    assertThat(interval(0.125)).contains(new Interval(0.125, 0.5, 0.95));
    assertThat(Estimate.around(1, Optional.empty(), 3, "none").interval()).isEmpty();
  }

  private static Optional<Interval> interval(double value) {
    return Estimate.around(value, Optional.of(INTERVAL), 3, "by hand").interval();
  }

  @Test
  void interval_withoutTheValue() {
    assertThatThrownBy(() -> new Estimate(0.6, Optional.of(INTERVAL), 3, "by hand"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("interval must contain the value (0.6), but was: %s", INTERVAL);
  }
}
