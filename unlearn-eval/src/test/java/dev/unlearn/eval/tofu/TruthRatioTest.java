package dev.unlearn.eval.tofu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class TruthRatioTest {
  private static final Offset<Double> ROUNDING = within(1e-15);

  /** True 1/2, in other words 1/4; wrong 1/8 and 1/32, of geometric mean 1/16, arithmetic 5/64. */
  private static final AnswerLosses KNOWN =
      new AnswerLosses("a", loss(2), loss(4), List.of(loss(8), loss(32)));

  /** In other words 1/32; wrong 1/8. */
  private static final AnswerLosses DENIED =
      new AnswerLosses("a", loss(2), loss(32), List.of(loss(8)));

  private static double loss(double oneOver) {
    return Math.log(oneOver);
  }

  @Test
  void ratio_geometric() {
    assertThat(TruthRatio.GEOMETRIC.ratio(KNOWN)).isCloseTo(0.25, ROUNDING);
    assertThat(TruthRatio.GEOMETRIC.closenessToOne(KNOWN)).isCloseTo(0.25, ROUNDING);
    assertThat(TruthRatio.GEOMETRIC.truthfulness(KNOWN)).isCloseTo(0.75, ROUNDING);
  }

  @Test
  void ratio_arithmetic() {
    assertThat(TruthRatio.ARITHMETIC.ratio(KNOWN)).isCloseTo(5.0 / 16, ROUNDING);
    assertThat(TruthRatio.ARITHMETIC.truthfulness(KNOWN)).isCloseTo(11.0 / 16, ROUNDING);
  }

  @Test
  void ratio_openUnlearning() {
    assertThat(TruthRatio.OPEN_UNLEARNING.ratio(KNOWN)).isCloseTo(1 / (4 + 16e-10), ROUNDING);
    assertThat(TruthRatio.OPEN_UNLEARNING.closenessToOne(DENIED))
        .isCloseTo(1 / (0.125 / (0.03125 + 1e-10) + 1e-10), ROUNDING);
    assertThat(TruthRatio.OPEN_UNLEARNING.optionProbability(KNOWN))
        .isCloseTo(0.5 / (0.5 + 0.125 + 0.03125 + 1e-10), ROUNDING);
  }

  @Test
  void ratio_wrongIsLikelier() {
    for (TruthRatio form : List.of(TruthRatio.GEOMETRIC, TruthRatio.ARITHMETIC)) {
      assertThat(form.ratio(DENIED)).isCloseTo(4, within(1e-14));
      assertThat(form.closenessToOne(DENIED)).isCloseTo(0.25, ROUNDING);
      assertThat(form.truthfulness(DENIED)).isZero();
    }
  }

  @Test
  void optionProbability_share() {
    assertThat(TruthRatio.GEOMETRIC.optionProbability(KNOWN)).isCloseTo(16.0 / 21, ROUNDING);
  }

  @Test
  void ratio_improbableAnswers() {
    // Each probability is 0 as a double; the ratio is e^-1 all the same.
    AnswerLosses improbable = new AnswerLosses("a", 900, 1000, List.of(1001.0, 1001.0));
    assertThat(TruthRatio.GEOMETRIC.ratio(improbable)).isCloseTo(Math.exp(-1), ROUNDING);
    assertThat(TruthRatio.ARITHMETIC.ratio(improbable)).isCloseTo(Math.exp(-1), ROUNDING);
  }

  @Test
  void ratio_withoutWrongAnswers() {
    AnswerLosses plain = new AnswerLosses("a", 1, 1, List.of());
    for (TruthRatio form : TruthRatio.values()) {
      assertThat(form.ratio(plain)).as("%s", form).isNaN();
      assertThat(form.closenessToOne(plain)).as("%s", form).isNaN();
      assertThat(form.truthfulness(plain)).as("%s", form).isNaN();
      assertThat(form.optionProbability(plain)).as("%s", form).isNaN();
    }
  }
}
