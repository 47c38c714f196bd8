package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ForgetSetTest {
  private static final TokenSequence FIRST = TokenSequence.of(1, 2, 3);
  private static final TokenSequence SECOND = TokenSequence.of(4, 5, 6, 7).withPromptLength(2);

  @Test
  void of_keepsOrder() {
    ForgetSet set = ForgetSet.of(SECOND, FIRST, SECOND);
    assertThat(set.sequences()).containsExactly(SECOND, FIRST, SECOND);
    assertThat(set.size()).isEqualTo(3);
    assertThat(set.sequences(List.of(1, 0))).containsExactly(FIRST, SECOND);
  }

  @Test
  void targetCount_ragged() {
    // 3 - 1 and 4 - 2.
    assertThat(ForgetSet.of(FIRST, SECOND).targetCount()).isEqualTo(4);
  }

  @Test
  void of_listChangedLater() {
    List<TokenSequence> list = new ArrayList<>(List.of(FIRST));
    ForgetSet set = ForgetSet.of(list);
    list.add(SECOND);
    assertThat(set.size()).isEqualTo(1);
    assertThatThrownBy(() -> set.sequences().add(SECOND))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void of_nothing() {
    assertThatThrownBy(() -> ForgetSet.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a forget set must hold at least one sequence, but was empty");
  }

  @Test
  void of_oneToken() {
    assertThatThrownBy(() -> ForgetSet.of(FIRST, TokenSequence.of(31337)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "sequence 1 has no target: its length (1) must be > 1, so that a token can be"
                + " predicted from another");
  }

  @Test
  void of_null() {
    assertThatNullPointerException().isThrownBy(() -> ForgetSet.of(FIRST, (TokenSequence) null));
  }

  @Test
  void toString_withoutIds() {
    assertThat(ForgetSet.of(TokenSequence.of(31337, 31338), FIRST))
        .hasToString("ForgetSet[sequences=2, targets=3]");
  }
}
