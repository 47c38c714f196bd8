package dev.unlearn.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SchedulesTest {

  @Test
  void constant_isOne() {
    assertFactors(Schedules.constant(), 1, 1, 1);
  }

  @Test
  void linear_endsAtZero() {
    assertFactors(Schedules.linear(4), 1, 0.75, 0.5, 0.25, 0, 0);
  }

  /** (1 + cos(π k / 4)) / 2 for k = 0 .. 3. */
  @Test
  void cosine_endsAtZero() {
    double root = Math.sqrt(0.5);
    assertFactors(Schedules.cosine(4), 1, (1 + root) / 2, 0.5, (1 - root) / 2, 0, 0);
  }

  @Test
  void afterWarmUp_riseThenSchedule() {
    assertFactors(Schedules.linear(2).afterWarmUp(4), 0.25, 0.5, 0.75, 1, 1, 0.5, 0, 0);
    assertFactors(Schedules.constant().afterWarmUp(2), 0.5, 1, 1, 1);
  }

  @Test
  void afterWarmUp_risesToTheFirstFactor() {
    Schedule schedule = update -> 3 - update;
    assertFactors(schedule.afterWarmUp(2), 1, 2, 2, 1);
  }

  @Test
  void description_parameters() {
    assertThat(Schedules.constant().description()).isEqualTo("constant");
    assertThat(Schedules.linear(4).description()).isEqualTo("linear(updates=4)");
    assertThat(Schedules.cosine(100).afterWarmUp(10).description())
        .isEqualTo("cosine(updates=100) after warmUp(updates=10)");
    Schedule custom = update -> 1;
    assertThat(custom.description()).isEqualTo("custom schedule");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void updates_bad(int updates) {
    String message = "updates must be > 0, but was: " + updates;
    assertThatThrownBy(() -> Schedules.linear(updates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> Schedules.cosine(updates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> Schedules.constant().afterWarmUp(updates))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static void assertFactors(Schedule schedule, double... expected) {
    assertThat(IntStream.rangeClosed(1, expected.length).mapToDouble(schedule::factor).toArray())
        .containsExactly(expected, within(1e-15));
  }
}
