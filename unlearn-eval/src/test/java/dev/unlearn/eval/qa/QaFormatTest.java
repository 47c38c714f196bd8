package dev.unlearn.eval.qa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class QaFormatTest {
  private static final Tokenizer TOKENIZER = new TextModel().tokenizer();

  @Test
  void plain_text() {
    assertThat(QaFormat.plain().text("Who?", "Ann")).isEqualTo("Question: Who?\nAnswer: Ann");
    assertThat(QaFormat.plain().promptText("Who?")).isEqualTo("Question: Who?\nAnswer:");
  }

  @Test
  void tofu_text() {
    assertThat(QaFormat.tofuLlama2().text("Who?", "Ann")).isEqualTo("[INST] Who? [/INST]Ann");
    assertThat(QaFormat.tofu().text("Who?", "Ann")).isEqualTo("Question: Who?\nAnswer: Ann");
    assertThat(QaFormat.tofu().promptText("Who?")).isEqualTo("Question: Who?\n");
  }

  @Test
  void sequence_plain() {
    TokenSequence sequence = QaFormat.plain().sequence(TOKENIZER, "Who?", "Ann");
    // The space before the answer is part of its first token.
    assertThat(targets(sequence)).isEqualTo(" Ann");
    assertThat(sequence.targetCount()).isEqualTo(3);
  }

  @Test
  void sequence_answerSharesATokenWithThePrompt() {
    QaFormat format = KnowledgeMemorization.museFormat();
    // Alone the prompt ends with a space, together with the answer it does not.
    assertThat(TOKENIZER.decode(format.prompt(TOKENIZER, "Who?").ids())).endsWith(": ");
    assertThat(targets(format.sequence(TOKENIZER, "Who?", "Ann"))).isEqualTo(" Ann");
  }

  @Test
  void sequence_beforeAnswerIsATarget() {
    assertThat(targets(QaFormat.tofu().sequence(TOKENIZER, "Who?", "Ann")))
        .isEqualTo("Answer: Ann");
  }

  @Test
  void sequence_specialTokens() {
    QaFormat format = QaFormat.tofuLlama2().beginningWith(2).endingWith(1);
    TokenSequence sequence = format.sequence(TOKENIZER, "Who?", "Ann");
    assertThat(sequence.id(0)).isEqualTo(2);
    assertThat(sequence.id(sequence.length() - 1)).isEqualTo(1);
    assertThat(targets(sequence)).isEqualTo("Ann\u0001");
    assertThat(format.prompt(TOKENIZER, "Who?").ids())
        .isEqualTo(sequence.ids(0, sequence.promptLength()));
  }

  private static String targets(TokenSequence sequence) {
    return TOKENIZER.decode(sequence.ids(sequence.firstTarget(), sequence.length()));
  }

  @Test
  void sequence_commonPrompt() {
    int[] one = QaFormat.plain().sequence(TOKENIZER, "Who?", "Ann").ids();
    TokenSequence other = QaFormat.plain().sequence(TOKENIZER, "Who?", "Bob");
    assertThat(Arrays.copyOf(one, other.promptLength()))
        .isEqualTo(other.ids(0, other.promptLength()));
  }

  @Test
  void endingWith_negative() {
    assertThatThrownBy(() -> QaFormat.plain().endingWith(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("endingId must be >= 0, but was: -1");
    assertThatThrownBy(() -> QaFormat.plain().beginningWith(-2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("beginningId must be >= 0, but was: -2");
  }
}
