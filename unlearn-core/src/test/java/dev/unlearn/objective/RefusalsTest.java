package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.contract.FakeTokenizer;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RefusalsTest {
  private static final Tokenizer LETTERS = new FakeTokenizer();

  @Test
  void alternatives_promptOrFirstToken() {
    ForgetSet set =
        ForgetSet.of(
            TokenSequence.of(1, 2, 3, 4).withPromptLength(2),
            TokenSequence.of(5, 6),
            TokenSequence.of(7, 8, 9).withPromptLength(1));

    List<List<TokenSequence>> alternatives =
        Refusals.of(List.of("no"), 1).alternatives(set, LETTERS);

    assertThat(alternatives)
        .containsExactly(
            List.of(TokenSequence.of(1, 2, 'n', 'o').withPromptLength(2)),
            List.of(TokenSequence.of(5, 'n', 'o').withPromptLength(1)),
            List.of(TokenSequence.of(7, 'n', 'o').withPromptLength(1)));
    assertThat(set.withAlternatives(alternatives).alternatives()).isEqualTo(alternatives);
  }

  @Test
  void alternatives_drawnBySeed() {
    ForgetSet set = ForgetSet.of(Collections.nCopies(40, TokenSequence.of(1, 2)));
    List<String> texts = List.of("no", "never", "x");
    List<List<TokenSequence>> drawn = Refusals.of(texts, 1).alternatives(set, LETTERS);

    assertThat(Refusals.of(texts, 1).alternatives(set, LETTERS)).isEqualTo(drawn);
    assertThat(Refusals.of(texts, 2).alternatives(set, LETTERS)).isNotEqualTo(drawn);
    Set<List<TokenSequence>> different = new HashSet<>(drawn);
    assertThat(different).hasSize(3);
  }

  @Test
  void of_nothing() {
    assertThatThrownBy(() -> Refusals.of(List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("refusals must hold at least one text, but were empty");
  }

  @Test
  void alternatives_textThatCannotBeEncoded() {
    Refusals refusals = Refusals.of(List.of("no", ""), 1);

    assertThatThrownBy(() -> refusals.alternatives(ForgetSet.of(TokenSequence.of(1, 2)), LETTERS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text 1: text must not be empty");
  }

  @Test
  void toString_sizesOnly() {
    assertThat(Refusals.of(List.of("a secret"), 3)).hasToString("Refusals[texts=1, seed=3]");
  }
}
