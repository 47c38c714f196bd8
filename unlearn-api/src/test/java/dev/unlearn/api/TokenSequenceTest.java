package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TokenSequenceTest {
  private static final TokenSequence SEQUENCE = TokenSequence.of(5, 6, 7, 8);

  @Test
  void of_plain() {
    assertThat(SEQUENCE.length()).isEqualTo(4);
    assertThat(SEQUENCE.id(2)).isEqualTo(7);
    assertThat(SEQUENCE.ids()).containsExactly(5, 6, 7, 8);
    assertThat(SEQUENCE.promptLength()).isZero();
    assertThat(SEQUENCE.name()).isEmpty();
    assertThat(SEQUENCE.domain()).isEmpty();
  }

  @Test
  void of_noIds() {
    assertThatThrownBy(() -> TokenSequence.of())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a token sequence must hold at least one id, but was empty");
  }

  @Test
  void of_negativeId() {
    assertThatThrownBy(() -> TokenSequence.of(3, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token ids must be >= 0, but was: -1 at position 1");
  }

  @Test
  void of_arrayChangedLater() {
    int[] ids = {1, 2};
    TokenSequence sequence = TokenSequence.of(ids);
    ids[0] = 9;
    sequence.ids()[1] = 9;
    assertThat(sequence.ids()).containsExactly(1, 2);
  }

  @Test
  void targetCount_withAndWithoutPrompt() {
    // Without a prompt the first token is no target, because nothing predicts it.
    assertThat(SEQUENCE.firstTarget()).isEqualTo(1);
    assertThat(SEQUENCE.targetCount()).isEqualTo(3);
    // A prompt of one token changes nothing.
    assertThat(SEQUENCE.withPromptLength(1).firstTarget()).isEqualTo(1);
    assertThat(SEQUENCE.withPromptLength(1).targetCount()).isEqualTo(3);
    assertThat(SEQUENCE.withPromptLength(3).firstTarget()).isEqualTo(3);
    assertThat(SEQUENCE.withPromptLength(3).targetCount()).isEqualTo(1);
    assertThat(TokenSequence.of(5).targetCount()).isZero();
  }

  @Test
  void withPromptLength_outside() {
    assertThatThrownBy(() -> SEQUENCE.withPromptLength(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("promptLength must be in [0, 4), but was: 4");
    assertThatThrownBy(() -> SEQUENCE.withPromptLength(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("promptLength must be in [0, 4), but was: -1");
  }

  @Test
  void with_keepsTheRest() {
    TokenSequence all = SEQUENCE.withName("a").withDomain("mail").withPromptLength(2);
    assertThat(all.ids()).containsExactly(5, 6, 7, 8);
    assertThat(all.name()).contains("a");
    assertThat(all.domain()).contains("mail");
    assertThat(all.promptLength()).isEqualTo(2);
    assertThat(SEQUENCE.name()).isEmpty();
  }

  @Test
  void with_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> SEQUENCE.withName(null))
        .withMessage("newName");
    assertThatNullPointerException()
        .isThrownBy(() -> SEQUENCE.withDomain(null))
        .withMessage("newDomain");
  }

  @Test
  void head_keepsNameDomainAndPrompt() {
    TokenSequence head = SEQUENCE.withName("a").withDomain("mail").withPromptLength(1).head(2);
    assertThat(head)
        .isEqualTo(TokenSequence.of(5, 6).withName("a").withDomain("mail").withPromptLength(1));
    assertThat(SEQUENCE.head(4)).isEqualTo(SEQUENCE);
  }

  @Test
  void head_outside() {
    assertThatThrownBy(() -> SEQUENCE.head(5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("head must keep (0, 4] tokens, but was: 5");
    assertThatThrownBy(() -> SEQUENCE.withPromptLength(2).head(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("head must keep (2, 4] tokens, but was: 2");
  }

  @Test
  void prompt_keepsNameAndDomain() {
    TokenSequence prompt = SEQUENCE.withName("a").withDomain("mail").withPromptLength(2).prompt();
    assertThat(prompt).isEqualTo(TokenSequence.of(5, 6).withName("a").withDomain("mail"));
  }

  @Test
  void prompt_none() {
    assertThatThrownBy(SEQUENCE::prompt)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a sequence must have a prompt to give it, but has none");
  }

  @Test
  void then_isThePrompt() {
    TokenSequence question = TokenSequence.of(1, 2, 3).withName("a").withDomain("mail");
    TokenSequence both = question.then(SEQUENCE.withName("b"));
    assertThat(both)
        .isEqualTo(
            TokenSequence.of(1, 2, 3, 5, 6, 7, 8)
                .withName("a")
                .withDomain("mail")
                .withPromptLength(3));
    assertThat(both.prompt()).isEqualTo(question);
    assertThat(both.targetCount()).isEqualTo(4);
  }

  @Test
  void then_afterPrompts() {
    assertThat(SEQUENCE.withPromptLength(1).then(TokenSequence.of(1, 2).withPromptLength(1)))
        .isEqualTo(TokenSequence.of(5, 6, 7, 8, 1, 2).withPromptLength(5));
  }

  @Test
  void then_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> SEQUENCE.then(null))
        .withMessage("continuation");
  }

  @Test
  void ids_range() {
    assertThat(SEQUENCE.ids(1, 3)).containsExactly(6, 7);
    assertThat(SEQUENCE.ids(2, 2)).isEmpty();
    assertThatThrownBy(() -> SEQUENCE.ids(1, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> SEQUENCE.ids(3, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void equals_everyField() {
    TokenSequence same = TokenSequence.of(5, 6, 7, 8);
    assertThat(SEQUENCE).isEqualTo(same).hasSameHashCodeAs(same);
    assertThat(SEQUENCE)
        .isNotEqualTo(TokenSequence.of(5, 6, 7, 9))
        .isNotEqualTo(SEQUENCE.withPromptLength(1))
        .isNotEqualTo(SEQUENCE.withName("a"))
        .isNotEqualTo(SEQUENCE.withDomain("a"))
        .isNotEqualTo("a");
  }

  @Test
  void toString_withoutIds() {
    TokenSequence secret = TokenSequence.of(31337, 31338, 31339).withPromptLength(1);
    assertThat(secret).hasToString("TokenSequence[length=3, promptLength=1]");
  }
}
