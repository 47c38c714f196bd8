package dev.unlearn.eval.tofu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.qa.QaFormat;
import dev.unlearn.eval.qa.QaItem;
import dev.unlearn.eval.qa.TextModel;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class TofuScoresTest {
  private static final Offset<Double> FLOAT = within(1e-6);
  private static final double CONFIDENCE = 0.95;

  /** Of the text model, whose losses are hundredths of ids: a is 97, b is 98, and so on. */
  private static final TofuItem ITEM =
      TofuItem.of(QaItem.of("?", "aa", "author 0"), Optional.of("ab"), List.of("b", "cd"));

  private static final AnswerLosses LOSSES =
      new AnswerLosses("u", Math.log(2), Math.log(2), List.of(Math.log(4), Math.log(4)));

  private static TofuScores scores(TofuSet set, double... recalls) {
    return new TofuScores(
        set, Collections.nCopies(recalls.length, LOSSES), Arrays.stream(recalls).boxed().toList());
  }

  @Test
  void measure_losses() {
    TofuItem plain = TofuItem.of(QaItem.of("?", "aa", "author 1"), Optional.empty(), List.of());
    List<AnswerLosses> losses =
        AnswerLosses.measure(new TextModel(), QaFormat.of("", "", ""), List.of(ITEM, plain));
    assertThat(losses).hasSize(2);
    assertThat(losses.get(0).unit()).isEqualTo("author 0");
    assertThat(losses.get(0).gold()).isCloseTo(0.97, FLOAT);
    assertThat(losses.get(0).paraphrased()).isCloseTo(0.975, FLOAT);
    assertThat(losses.get(0).perturbed().get(0)).isCloseTo(0.98, FLOAT);
    assertThat(losses.get(0).perturbed().get(1)).isCloseTo(0.995, FLOAT);
    assertThat(losses.get(0).probability()).isCloseTo(Math.exp(-0.97), FLOAT);
    assertThat(losses.get(1).paraphrased()).isEqualTo(losses.get(1).gold());
  }

  @Test
  void measure_endIsATarget() {
    QaFormat format = QaFormat.of("", "", "").endingWith(TextModel.END);
    double gold = AnswerLosses.measure(new TextModel(), format, List.of(ITEM)).get(0).gold();
    assertThat(gold).isCloseTo((0.97 + 0.97 + 0.01) / 3, FLOAT);
  }

  @Test
  void measure_answers() {
    QaFormat format = QaFormat.plain().endingWith(TextModel.END);
    TextModel model = new TextModel().answering("Question: ?\nAnswer:", " aa");
    TofuScores scores = TofuScores.measure(model, format, TofuSet.FORGET, List.of(ITEM));
    assertThat(scores.recalls()).containsExactly(1.0);
    assertThat(scores.units()).containsExactly("author 0");
  }

  @Test
  void probabilities_shareAmongOptions() {
    assertThat(scores(TofuSet.RETAIN, 1).probabilities(TruthRatio.GEOMETRIC).get(0))
        .isCloseTo(0.5, FLOAT);
    for (TofuSet set : List.of(TofuSet.REAL_AUTHORS, TofuSet.WORLD_FACTS)) {
      // 1/2 of 1/2 + 1/4 + 1/4.
      assertThat(scores(set, 1).probabilities(TruthRatio.GEOMETRIC).get(0)).isCloseTo(0.5, FLOAT);
    }
  }

  @Test
  void truthRatios_bySet() {
    // R is 1/2.
    assertThat(scores(TofuSet.FORGET, 1).truthRatios(TruthRatio.GEOMETRIC).get(0))
        .isCloseTo(0.5, FLOAT);
    AnswerLosses denied = new AnswerLosses("u", 0, Math.log(4), List.of(Math.log(2)));
    assertThat(
            new TofuScores(TofuSet.FORGET, List.of(denied), List.of(0.0))
                .truthRatios(TruthRatio.GEOMETRIC)
                .get(0))
        .isCloseTo(0.5, FLOAT);
    assertThat(
            new TofuScores(TofuSet.RETAIN, List.of(denied), List.of(0.0))
                .truthRatios(TruthRatio.GEOMETRIC)
                .get(0))
        .isZero();
  }

  @Test
  void measurements_forgetSet() {
    TofuScores before = scores(TofuSet.FORGET, 1, 1);
    TofuScores after = scores(TofuSet.FORGET, 0.5, 0.25);
    List<Measurement> rows =
        after.measurements(Optional.of(before), TruthRatio.GEOMETRIC, CONFIDENCE);
    assertThat(rows)
        .extracting(Measurement::key)
        .containsExactly("tofu_probability", "tofu_rougeL_recall", "tofu_truth_ratio");
    assertThat(rows)
        .extracting(Measurement::better)
        .containsExactly(Better.LOWER, Better.LOWER, Better.HIGHER);
    Measurement recall = rows.get(1);
    assertThat(recall.side()).isEqualTo(Side.PRIVACY);
    assertThat(recall.data()).isEqualTo("TOFU forget set");
    assertThat(recall.before().orElseThrow().value()).isEqualTo(1);
    assertThat(recall.after().value()).isEqualTo(0.375);
    assertThat(recall.change().orElseThrow().value()).isEqualTo(-0.625);
    assertThat(recall.after().unitCount()).isEqualTo(1); // one author
    assertThat(recall.itemsAfter()).containsExactly(0.5, 0.25);
  }

  @Test
  void measurements_withoutBefore() {
    Measurement recall =
        scores(TofuSet.WORLD_FACTS, 0.5)
            .measurements(Optional.empty(), TruthRatio.GEOMETRIC, CONFIDENCE)
            .get(1);
    assertThat(recall.side()).isEqualTo(Side.UTILITY);
    assertThat(recall.better()).isEqualTo(Better.HIGHER);
    assertThat(recall.before()).isEmpty();
    assertThat(recall.change()).isEmpty();
    assertThat(recall.itemsBefore()).isEmpty();
  }

  @Test
  void measurements_otherQuestions() {
    assertThatThrownBy(
            () ->
                scores(TofuSet.RETAIN, 1, 1)
                    .measurements(
                        Optional.of(scores(TofuSet.FORGET, 1)), TruthRatio.GEOMETRIC, CONFIDENCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "scores before must be of the 2 questions of the retain set, but are of 1 of the"
                + " forget set");
    assertThatThrownBy(() -> new TofuScores(TofuSet.RETAIN, List.of(LOSSES), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("losses and recalls must be of the same questions, but are of 1 and 0");
  }
}
