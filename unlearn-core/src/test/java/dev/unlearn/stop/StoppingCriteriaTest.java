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
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StoppingCriteriaTest {
  private static final FakeCausalLm MODEL = FakeCausalLm.ofHash(20, 1);
  private static final ForgettingThresholds THRESHOLDS =
      ForgettingThresholds.of(3, 12, 0.125, 0.375);
  private static final StoppingCriterion FORGOTTEN = StoppingCriteria.forgotten(THRESHOLDS);
  private static final StoppingCriterion WITHIN =
      StoppingCriteria.forgottenWithin(THRESHOLDS, 0.25);

  @Test
  void forgotten_accuracyNotBelow() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.375).lot("el_3", 0.0);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma");
  }

  @Test
  void forgotten_likelihoodNotBelow() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.25).lot("el_3", 0.125);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma", "el_3");
  }

  @Test
  void forgotten_bothBelow() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0.25).lot("el_3", 0.0625);
    assertThat(FORGOTTEN.evaluate(progress))
        .isEqualTo(
            Decision.forgotten(
                "mean MA 0.2500 (threshold 0.3750), mean EL_3 0.0625 (threshold 0.1250)"));
  }

  @Test
  void forgotten_namesSequencesAbove() {
    // Means 0.25 and 0.0625. Sequence 1 is at the MA threshold, 2 above the EL threshold, 3 both.
    FakeProgress progress =
        FakeProgress.at(1).lot("ma", 0, 0.375, 0.125, 0.5).lot("el_3", 0, 0, 0.125, 0.125);
    Decision.Forgotten decision = (Decision.Forgotten) FORGOTTEN.evaluate(progress);
    assertThat(decision.above()).containsExactly(1, 2, 3);
  }

  @Test
  void forgotten_namesThoseBelowBothOnceItKnows() {
    // Mean MA 0.25 is below, mean EL 0.25 is not; of sequences 0 and 3 both are below on their own.
    FakeProgress progress =
        FakeProgress.at(1)
            .lot("ma", 0.125, 0.375, 0.25, 0.25)
            .lot("el_3", 0, 0, 0.875, 0.125 - 1e-9);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed(List.of(0, 3)));
  }

  /** Naming them would take extraction likelihood, which nobody asked for. */
  @Test
  void forgotten_namesNoneWhileAccuracyHasNotPassed() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0, 1).lot("el_3", 0, 0);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma");
  }

  @Test
  void forgotten_undefined() {
    assertThat(FORGOTTEN.evaluate(FakeProgress.at(1).lot("ma", Double.NaN).lot("el_3", 0)))
        .isEqualTo(Decision.proceed());
    assertThat(FORGOTTEN.evaluate(FakeProgress.at(1).lot("ma", 0).lot("el_3", Double.NaN)))
        .isEqualTo(Decision.proceed());
  }

  /** Nothing is below 0, so 0 is enough where unseen text gave 0. */
  @Test
  void forgotten_thresholdOfZero() {
    StoppingCriterion zero = StoppingCriteria.forgotten(ForgettingThresholds.of(3, 12, 0, 0.375));
    assertThat(zero.evaluate(FakeProgress.at(1).lot("ma", 0.25).lot("el_3", 0)))
        .isInstanceOf(Decision.Forgotten.class);
    assertThat(zero.evaluate(FakeProgress.at(1).lot("ma", 0.25).lot("el_3", 0.01)))
        .isEqualTo(Decision.proceed());
  }

  @Test
  void forgotten_describesItself() {
    assertThat(FORGOTTEN.description())
        .isEqualTo(
            "forgotten(ForgettingThresholds{order=3, minLength=12, maxLength=12, sequenceCount=0,"
                + " targetCount=0, elThreshold=0.125, maThreshold=0.375})");
    assertThat(FORGOTTEN.metrics()).extracting(Metric::key).containsExactly("ma", "el_3");
    assertThat(FORGOTTEN.epochLimit()).isEmpty();
  }

  @Test
  void forgotten_otherLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(FORGOTTEN.description())
          .isEqualTo(
              "forgotten(ForgettingThresholds{order=3, minLength=12, maxLength=12, sequenceCount=0,"
                  + " targetCount=0, elThreshold=0.125, maThreshold=0.375})");
      assertThat(
              FORGOTTEN.evaluate(FakeProgress.at(1).lot("ma", 0.25).lot("el_3", 0.0625)).toString())
          .isEqualTo(
              "forgotten: mean MA 0.2500 (threshold 0.3750), mean EL_3 0.0625 (threshold 0.1250)");
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"11, 11", "12, 13"})
  void forgotten_setOfAnotherLength(int shortest, int longest) {
    ForgetSet set = ForgetSet.of(sequence(shortest), sequence(longest));
    assertThatThrownBy(() -> FORGOTTEN.check(MODEL, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "the forget set has sequences of "
                + shortest
                + " to "
                + longest
                + " tokens, but the"
                + " thresholds were measured on sequences of 12 to 12; ");
  }

  @Test
  void forgotten_setOfTheSameLength() {
    FORGOTTEN.check(MODEL, ForgetSet.of(sequence(12)));
  }

  @Test
  void forgotten_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.forgotten(null))
        .withMessage("thresholds");
  }

  @ParameterizedTest
  @CsvSource({
    // The floor is in, the threshold is out.
    "0.249, 0, give up, 1",
    "0.25, 0, forgotten, 2",
    "0.374, 0, forgotten, 2",
    "0.375, 0, proceed, 1",
    "0.3, 0.125, proceed, 2",
    "NaN, 0, proceed, 1",
    "0, 0, give up, 1",
  })
  void forgottenWithin_floorAndThreshold(double ma, double el, String decision, int measured) {
    FakeProgress progress = FakeProgress.at(1).lot("ma", ma).lot("el_3", el);
    assertThat(WITHIN.evaluate(progress).toString()).startsWith(decision);
    assertThat(progress.asked()).hasSize(measured);
  }

  @Test
  void forgottenWithin_reasons() {
    assertThat(WITHIN.evaluate(FakeProgress.at(1).lot("ma", 0.125, 0.25)))
        .isEqualTo(Decision.giveUp("over-unlearned: mean MA 0.1875 is below its floor 0.2500"));
    FakeProgress inside = FakeProgress.at(1).lot("ma", 0.125, 0.5).lot("el_3", 0, 0.125);
    assertThat(WITHIN.evaluate(inside))
        .isEqualTo(
            Decision.forgotten(
                "mean MA 0.3125 (threshold 0.3750), mean EL_3 0.0625 (threshold 0.1250)",
                List.of(1)));
  }

  @Test
  void forgottenWithin_describesItself() {
    assertThat(WITHIN.description()).isEqualTo("forgotten-within(" + THRESHOLDS + ", 0.25)");
    assertThat(WITHIN.metrics()).extracting(Metric::key).containsExactly("ma", "el_3");
    assertThatThrownBy(() -> WITHIN.check(MODEL, ForgetSet.of(sequence(11))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Without a floor it is the same criterion. */
  @Test
  void forgottenWithin_zero() {
    StoppingCriterion within = StoppingCriteria.forgottenWithin(THRESHOLDS, 0);
    assertThat(within.description()).isEqualTo(FORGOTTEN.description());
    assertThat(within.evaluate(FakeProgress.at(1).lot("ma", 0).lot("el_3", 0)).toString())
        .startsWith("forgotten");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0.375, 1, Double.NaN})
  void forgottenWithin_floorOutOfRange(double floor) {
    assertThatThrownBy(() -> StoppingCriteria.forgottenWithin(THRESHOLDS, floor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maFloor must be >= 0 and below the MA threshold (0.375), but was: " + floor);
  }

  private static TokenSequence sequence(int length) {
    return TokenSequence.of(IntStream.range(0, length).toArray());
  }
}
