package dev.unlearn.eval.tofu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ForgetQualityTest {
  /** Scores of 300 questions, 20 by author; the logarithm of the truth ratio is minus the loss. */
  private static TofuScores scores(IntToDoubleFunction wrongLoss) {
    return new TofuScores(
        TofuSet.FORGET,
        IntStream.range(0, 300)
            .mapToObj(
                i ->
                    new AnswerLosses("author " + i / 20, 0, 0, List.of(wrongLoss.applyAsDouble(i))))
            .toList(),
        Collections.nCopies(300, 0.0));
  }

  private static final TofuScores MODEL = scores(i -> i / 100.0);
  private static final TofuScores RETRAINED = scores(i -> (i + 118.5) / 100);

  /** p as scipy 1.17.1 has it for D = 119 / 300. */
  @Test
  void of_publishedDistance() {
    for (TruthRatio form : TruthRatio.values()) {
      ForgetQuality quality = ForgetQuality.of(MODEL, RETRAINED, form);
      assertThat(quality.value()).isCloseTo(1.834066410994743e-21, withinPercentage(1e-10));
      assertThat(quality.unitCount()).isEqualTo(15);
    }
  }

  @Test
  void measurement_saysHowItWasMade() {
    Measurement row =
        ForgetQuality.of(MODEL, RETRAINED, TruthRatio.GEOMETRIC)
            .measurement(Optional.of(ForgetQuality.of(RETRAINED, RETRAINED, TruthRatio.GEOMETRIC)));
    assertThat(row.side()).isEqualTo(Side.PRIVACY);
    assertThat(row.key()).isEqualTo("tofu_forget_quality");
    assertThat(row.better()).isEqualTo(Better.HIGHER);
    assertThat(row.before().orElseThrow().value()).isEqualTo(1);
    assertThat(row.after().interval()).isEmpty();
    assertThat(row.notes())
        .containsExactly(
            "Kolmogorov-Smirnov test of the truth ratios against a model retrained without the"
                + " forget set: D = 0.3967 of 300 and 300 questions, exact p = 1.834e-21. The"
                + " questions are about 15 authors; those about one author are alike, and the test"
                + " does not know it, so p is too small. A large p may mean no more than too few"
                + " questions.");
  }

  @Test
  void note_largeP() {
    assertThat(ForgetQuality.of(MODEL, MODEL, TruthRatio.GEOMETRIC).note())
        .contains("D = 0.0000", "p = 1.000")
        .doesNotContain("indistinguishable");
  }

  @Test
  void note_eachQuestionItsOwnUnit() {
    TofuScores scores =
        new TofuScores(
            TofuSet.FORGET,
            List.of(
                new AnswerLosses("a", 0, 0, List.of(1.0)),
                new AnswerLosses("b", 0, 0, List.of(2.0))),
            List.of(0.0, 0.0));
    assertThat(ForgetQuality.of(scores, scores, TruthRatio.GEOMETRIC).note())
        .doesNotContain("alike");
  }

  @Test
  void of_otherSet() {
    TofuScores retain = new TofuScores(TofuSet.RETAIN, MODEL.losses(), MODEL.recalls());
    assertThatThrownBy(() -> ForgetQuality.of(MODEL, retain, TruthRatio.GEOMETRIC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("forget quality must be of the forget set, but was of the retain set");
  }

  @Test
  void of_withoutWrongAnswers() {
    TofuScores none =
        new TofuScores(
            TofuSet.FORGET,
            Collections.nCopies(2, new AnswerLosses("a", 1, 1, List.of())),
            List.of(0.0, 0.0));
    assertThatThrownBy(() -> ForgetQuality.of(MODEL, none, TruthRatio.GEOMETRIC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the second sample must hold no NaN, but number 0 was one");
  }
}
