package dev.unlearn.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BelowReferenceTest {
  private static final TokenSequence FIRST = TokenSequence.of(1, 2, 3, 4, 5);
  private static final TokenSequence SECOND = TokenSequence.of(6, 7, 8, 9, 10, 11);
  private static final TokenSequence THIRD = TokenSequence.of(12, 13, 14, 15);
  private static final FakeCausalLm MODEL = FakeCausalLm.ofHash(20, 1);
  private static final StoppingCriterion CRITERION =
      StoppingCriteria.belowReference(
          ReferenceLevels.of(
              ForgetSet.of(FIRST, SECOND, THIRD),
              3,
              List.of(0.125, 0.375, 0.0),
              List.of(0.25, 0.75, 0.0)));

  /** The reference has mean MA 0.5 and mean EL 0.25 on the first two. */
  private static FakeProgress progress() {
    return FakeProgress.at(1).of(List.of(FIRST, SECOND));
  }

  @Test
  void evaluate_accuracyNotBelow() {
    FakeProgress progress = progress().lot("ma", 0.5, 0.5).lot("el_3", 0, 0);
    assertThat(CRITERION.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma");
  }

  /** On their own, the first is below both of its values, the second not below its EL. */
  @Test
  void evaluate_likelihoodNotBelow() {
    FakeProgress progress = progress().lot("ma", 0.125, 0.5).lot("el_3", 0.0625, 0.4375);
    assertThat(CRITERION.evaluate(progress)).isEqualTo(Decision.proceed(List.of(0)));
  }

  /** Means 0.4375 and 0.1875; the first is above its own MA of 0.25. */
  @Test
  void evaluate_bothBelow() {
    FakeProgress progress = progress().lot("ma", 0.375, 0.5).lot("el_3", 0.0625, 0.3125);
    assertThat(CRITERION.evaluate(progress))
        .isEqualTo(
            Decision.forgotten(
                "mean MA 0.4375 (reference model 0.5000), mean EL_3 0.1875 (reference model"
                    + " 0.2500)",
                List.of(0)));
  }

  /** Compared with the reference on the lot, not on the whole set. */
  @Test
  void evaluate_lotOfOne() {
    FakeProgress progress = FakeProgress.at(1).of(List.of(FIRST)).lot("ma", 0.3).lot("el_3", 0);
    assertThat(CRITERION.evaluate(progress)).isEqualTo(Decision.proceed());
  }

  /** Nothing is below 0. */
  @Test
  void evaluate_referenceKnowsNothing() {
    FakeProgress none = FakeProgress.at(1).of(List.of(THIRD)).lot("ma", 0).lot("el_3", 0);
    assertThat(CRITERION.evaluate(none)).isInstanceOf(Decision.Forgotten.class);
    FakeProgress some = FakeProgress.at(1).of(List.of(THIRD)).lot("ma", 1e-9).lot("el_3", 0);
    assertThat(CRITERION.evaluate(some)).isEqualTo(Decision.proceed());
  }

  @Test
  void evaluate_undefined() {
    FakeProgress progress = progress().lot("ma", Double.NaN, Double.NaN).lot("el_3", 0, 0);
    assertThat(CRITERION.evaluate(progress)).isEqualTo(Decision.proceed());
  }

  @Test
  void check_setNotMeasured() {
    assertThatThrownBy(
            () -> CRITERION.check(MODEL, ForgetSet.of(FIRST, TokenSequence.of(1, 2, 3, 4, 5, 6))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sequence 1 must be of the set the reference was measured on, but is not");
    assertThatThrownBy(() -> CRITERION.check(MODEL, ForgetSet.of(TokenSequence.of(1, 2, 3))))
        .hasMessage(
            "order (3) must be < sequence length (3) of sequence 0; extraction likelihood is"
                + " undefined for it");
  }

  @Test
  void description_hasTheLevels() {
    assertThat(CRITERION.description())
        .isEqualTo(
            "below-reference(ReferenceLevels[order=3, sequences=3, el=0.16666666666666666,"
                + " ma=0.3333333333333333])");
    assertThat(CRITERION.corpora()).isEmpty();
    assertThat(CRITERION.metrics()).hasSize(2);
  }

  @Test
  void belowReference_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.belowReference(null))
        .withMessage("levels");
  }
}
