package dev.unlearn.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EveryForgottenTest {
  private static final String EL_WHERE_PASSED = "el_3_where_ma_below_0.375";
  private static final double NOT_PASSED = Double.NaN;
  private static final FakeCausalLm MODEL = FakeCausalLm.ofHash(20, 1);
  private static final ForgettingThresholds THRESHOLDS =
      ForgettingThresholds.of(3, 12, 0.125, 0.375);
  private static final StoppingCriterion EVERY = StoppingCriteria.everyForgotten(THRESHOLDS);

  @Test
  void accuracy_ofNonePassed() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.375, 1, Double.NaN);
    assertThat(EVERY.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma");
  }

  /** The mean has passed, but that is another criterion. */
  @Test
  void accuracy_ofSomePassed() {
    FakeProgress progress =
        FakeProgress.at(1)
            .lot("ma", 0.125, 0.375, 0.374, 0)
            .lot(EL_WHERE_PASSED, 0, NOT_PASSED, 0.125, 0.124);
    assertThat(EVERY.evaluate(progress)).isEqualTo(Decision.proceed(List.of(0, 3)));
    assertThat(progress.asked()).containsExactly("ma", EL_WHERE_PASSED);
  }

  @Test
  void likelihood_ofOneNotBelow() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0, 0.25).lot("el_3", 0.125, 0);
    assertThat(EVERY.evaluate(progress)).isEqualTo(Decision.proceed(List.of(1)));
    assertThat(progress.asked()).containsExactly("ma", "el_3");
  }

  @Test
  void every_belowBoth() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.125, 0.25).lot("el_3", 0.0625, 0);
    assertThat(EVERY.evaluate(progress))
        .isEqualTo(
            Decision.forgotten(
                "each of 2 sequences: MA at most 0.2500 (threshold 0.3750), EL_3 at most 0.0625"
                    + " (threshold 0.1250)"));
  }

  @Test
  void likelihood_undefined() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0, 0).lot("el_3", 0, Double.NaN);
    assertThat(EVERY.evaluate(progress)).isEqualTo(Decision.proceed(List.of(0)));
  }

  @Test
  void threshold_ofZero() {
    StoppingCriterion zero =
        StoppingCriteria.everyForgotten(ForgettingThresholds.of(3, 12, 0, 0.375));
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.25, 0.25).lot("el_3", 0, 0.01);
    assertThat(zero.evaluate(progress)).isEqualTo(Decision.proceed(List.of(0)));
    progress.lot("el_3", 0, 0);
    assertThat(zero.evaluate(progress).toString()).startsWith("forgotten");
  }

  @Test
  void criterion_describesItself() {
    assertThat(EVERY.description()).isEqualTo("every-forgotten(" + THRESHOLDS + ")");
    assertThat(EVERY.metrics()).extracting(Metric::key).containsExactly("ma", "el_3");
    assertThat(EVERY.epochLimit()).isEmpty();
  }

  @Test
  void check_length() {
    assertThatThrownBy(() -> EVERY.check(MODEL, ForgetSet.of(TokenSequence.of(1, 2, 3, 4))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the forget set has sequences of 4 to 4 tokens");
  }

  @Test
  void thresholds_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.everyForgotten(null))
        .withMessage("thresholds");
  }
}
