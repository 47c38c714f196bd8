package dev.unlearn.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.spi.StoppingCriterion;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link MaxEpochs}, {@link MaxTotalEpochs} and {@link MaxDuration}. */
final class LimitsTest {
  @Test
  void maxEpochs_countsTheLotsEpochs() {
    StoppingCriterion limit = StoppingCriteria.maxEpochs(2);
    assertThat(limit.evaluate(FakeProgress.at(0))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(FakeProgress.at(1))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(FakeProgress.at(2)))
        .isEqualTo(Decision.giveUp("not forgotten after 2 epochs"));
    assertThat(limit.evaluate(FakeProgress.at(3)))
        .isEqualTo(Decision.giveUp("not forgotten after 2 epochs"));
    assertThat(limit.epochLimit()).hasValue(2);
    assertThat(limit.description()).isEqualTo("max-epochs(2)");
    assertThat(limit.metrics()).isEmpty();
  }

  @Test
  void maxEpochs_notPositive() {
    assertThatThrownBy(() -> StoppingCriteria.maxEpochs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxEpochs must be > 0, but was: 0");
  }

  @Test
  void maxTotalEpochs_countsTheRunsEpochs() {
    StoppingCriterion limit = StoppingCriteria.maxTotalEpochs(5);
    Decision giveUp = Decision.giveUp("not forgotten after 5 epochs in all");
    assertThat(limit.evaluate(FakeProgress.at(4, 4))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(FakeProgress.at(4, 0))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(FakeProgress.at(5, 5))).isEqualTo(giveUp);
    assertThat(limit.evaluate(FakeProgress.at(5, 0))).isEqualTo(giveUp);
    assertThat(limit.evaluate(FakeProgress.at(6, 1))).isEqualTo(giveUp);
    assertThat(limit.epochLimit()).hasValue(5);
    assertThat(limit.description()).isEqualTo("max-total-epochs(5)");
    assertThat(limit.metrics()).isEmpty();
  }

  @Test
  void maxTotalEpochs_notPositive() {
    assertThatThrownBy(() -> StoppingCriteria.maxTotalEpochs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxTotalEpochs must be > 0, but was: 0");
  }

  @Test
  void maxDuration_sumsTheHistory() {
    StoppingCriterion limit = StoppingCriteria.maxDuration(Duration.ofSeconds(10));
    FakeProgress progress = FakeProgress.at(2).after(0, Duration.ofSeconds(4));
    assertThat(limit.evaluate(progress)).isEqualTo(Decision.proceed());
    progress.after(1, Duration.ofMillis(5999));
    assertThat(limit.evaluate(progress)).isEqualTo(Decision.proceed());
    progress.after(0, Duration.ofMillis(1));
    Decision giveUp = Decision.giveUp("not forgotten within PT10S");
    assertThat(limit.evaluate(progress)).isEqualTo(giveUp).isEqualTo(limit.evaluate(progress));
    assertThat(limit.epochLimit()).isEmpty();
    assertThat(limit.description()).isEqualTo("max-duration(PT10S)");
  }

  @Test
  void maxDuration_withoutHistory() {
    StoppingCriterion limit = StoppingCriteria.maxDuration(Duration.ofNanos(1));
    assertThat(limit.evaluate(FakeProgress.at(0))).isEqualTo(Decision.proceed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S"})
  void maxDuration_notPositive(String duration) {
    assertThatThrownBy(() -> StoppingCriteria.maxDuration(Duration.parse(duration)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxDuration must be > 0, but was: " + duration);
  }

  @Test
  void maxDuration_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.maxDuration(null))
        .withMessage("duration");
  }
}
