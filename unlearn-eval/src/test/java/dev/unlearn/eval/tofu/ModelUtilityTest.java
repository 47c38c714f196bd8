package dev.unlearn.eval.tofu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class ModelUtilityTest {
  private static final Offset<Double> ROUNDING = within(1e-15);

  /** Probability 1/2, wrong answers 1/4 each: a share of 1/2 and a truth ratio of 1/2. */
  private static TofuScores scores(TofuSet set, double recall) {
    return new TofuScores(
        set,
        List.of(new AnswerLosses("u", Math.log(2), Math.log(2), List.of(Math.log(4), Math.log(4)))),
        List.of(recall));
  }

  private static ModelUtility utility(double retain, double authors, double facts) {
    return ModelUtility.of(
        scores(TofuSet.RETAIN, retain),
        scores(TofuSet.REAL_AUTHORS, authors),
        scores(TofuSet.WORLD_FACTS, facts),
        TruthRatio.GEOMETRIC);
  }

  @Test
  void value_harmonicMean() {
    // Six times 1/2, and 1, 1/2 and 1/4: 9 / (12 + 1 + 2 + 4).
    ModelUtility utility = utility(1, 0.5, 0.25);
    assertThat(utility.value()).isCloseTo(9.0 / 19, ROUNDING);
    assertThat(utility.components()).hasSize(9);
    assertThat(utility.unitCount()).isEqualTo(3);
  }

  @Test
  void value_published() {
    // The nine means of a log of TOFU's authors, by their aggregate_eval_stat.py.
    ModelUtility utility =
        new ModelUtility(
            List.of(
                0.9895272273969067,
                0.9856545937933034,
                0.47469858801063747,
                0.45548207783762884,
                0.9329999999999999,
                0.5962289157077105,
                0.41856180755948974,
                0.8824786324786325,
                0.5390328416393139),
            517);
    assertThat(utility.value()).isCloseTo(0.6226773637427152, ROUNDING);
  }

  @Test
  void value_zeroComponent() {
    assertThat(utility(1, 0, 1).value()).isZero();
  }

  @Test
  void value_undefinedComponent() {
    assertThat(new ModelUtility(List.of(0.5, Double.NaN), 1).value()).isNaN();
    assertThat(new ModelUtility(List.of(0.0, Double.NaN), 1).value()).isNaN();
  }

  @Test
  void measurement_row() {
    Measurement row = utility(1, 1, 1).measurement(Optional.of(utility(1, 0, 1)));
    assertThat(row.side()).isEqualTo(Side.UTILITY);
    assertThat(row.key()).isEqualTo("tofu_model_utility");
    assertThat(row.before().orElseThrow().value()).isZero();
    assertThat(row.after().value()).isCloseTo(0.6, ROUNDING);
    assertThat(row.after().interval()).isEmpty();
  }

  @Test
  void of_otherSet() {
    TofuScores retain = scores(TofuSet.RETAIN, 1);
    assertThatThrownBy(() -> ModelUtility.of(retain, retain, retain, TruthRatio.GEOMETRIC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scores must be of the real authors, but were of the retain set");
  }
}
