package dev.unlearn.eval.qa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** {@link AnswerRecall} and {@link KnowledgeMemorization}. */
final class AnswersTest {
  private static final Offset<Double> ROUNDING = within(1e-15);

  private static final QaItem KEEPER = QaItem.of("Who keeps it?", "The keeper counted ships", "a");
  private static final QaItem RIVER = QaItem.of("Which river?", "The Oder", "b");

  @Test
  void recall_handNumbers() {
    QaFormat format = QaFormat.plain().endingWith(TextModel.END);
    TextModel model =
        new TextModel()
            .answering("Question: Who keeps it?\nAnswer:", " It keeps counting a ship")
            .answering("Question: Which river?\nAnswer:", " Not the Elbe but the Oder of course");
    MetricResult result = AnswerRecall.of(format).measure(model, List.of(KEEPER, RIVER));
    assertThat(result.key()).isEqualTo("rougeL_recall_200");
    // count and ship of the, keeper, count, ship; the and oder of the, oder.
    assertThat(result.perSequence()).containsExactly(0.5, 1.0);
    assertThat(result.value()).isEqualTo(0.75);
  }

  @Test
  void recall_newTokens() {
    TextModel model = new TextModel().answering("Question: Which river?\nAnswer:", " The Oder");
    // "T" and "h" and "e" of the answer only.
    assertThat(AnswerRecall.of(QaFormat.plain(), 3).measure(model, List.of(RIVER)).value())
        .isEqualTo(0.5);
    assertThatThrownBy(() -> AnswerRecall.of(QaFormat.plain(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("newTokens must be >= 1, but was: 0");
  }

  @Test
  void knowledge_showsExamples() {
    TextModel model = new TextModel();
    KnowledgeMemorization metric =
        KnowledgeMemorization.of(
            KnowledgeMemorization.museFormat().beginningWith(2), List.of(RIVER));
    assertThat(metric.key()).isEqualTo("knowmem");
    assertThat(metric.measure(model, List.of(KEEPER)).value()).isZero();
    assertThat(model.prompts())
        .containsExactly(
            "\u0002Question: Which river?\nAnswer: The Oder\n\nQuestion: Who keeps it?\nAnswer: ");
  }

  @Test
  void knowledge_cutsTheAnswer() {
    KnowledgeMemorization metric = KnowledgeMemorization.of(QaFormat.plain(), List.of());
    String prompt = "Question: Which river?\nAnswer:";
    for (String rest : List.of("", "\n\nThe end", "\nQuestion: Who?", " Question: Who?")) {
      TextModel model = new TextModel().answering(prompt, " The Oder" + rest + "\n\n");
      assertThat(metric.measure(model, List.of(RIVER)).value()).as(rest).isEqualTo(1);
    }
  }

  @Test
  void knowledge_f1WithoutStems() {
    TextModel model =
        new TextModel()
            .answering("Question: Who keeps it?\nAnswer:", " Keepers of ships counted ships\n\n");
    // counted ships: 2 of 5 and 2 of 4.
    assertThat(
            KnowledgeMemorization.of(QaFormat.plain(), List.of())
                .measure(model, List.of(KEEPER))
                .value())
        .isCloseTo(2 * 0.4 * 0.5 / 0.9, ROUNDING);
  }

  @Test
  void knowledge_noMarkOfQuestions() {
    assertThatThrownBy(() -> KnowledgeMemorization.of(QaFormat.of(" ", "\n", ""), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("beforeQuestion must not be blank, because answers are cut at it, but was");
  }

  @Test
  void item_saysSizesOnly() {
    assertThat(RIVER).hasToString("QaItem[question=12 chars, answer=8 chars]");
    assertThatThrownBy(() -> QaItem.of("", "x", "u"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("question must not be empty, but was");
    assertThatThrownBy(() -> QaItem.of("x", "", "u"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("answer must not be empty, but was");
  }
}
