package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeTokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TokenizerTest {
  private static final Tokenizer TOKENIZER = new FakeTokenizer();

  @Test
  void sequences_inOrder() {
    assertThat(TOKENIZER.sequences(List.of("b", "a")))
        .containsExactly(TokenSequence.of('b'), TokenSequence.of('a'));
  }

  @Test
  void decode_sequence() {
    assertThat(TOKENIZER.decode(TokenSequence.of('a', 'b').withPromptLength(1))).isEqualTo("ab");
  }

  @Test
  void sequences_namesTheText() {
    assertThatThrownBy(() -> TOKENIZER.sequences(List.of("hunter2", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text 1: text must not be empty");
  }

  @Test
  void sequences_corpus() {
    TokenSequence sequence = TokenSequence.of(1, 2);
    assertThat(TOKENIZER.sequences(Corpus.ofTexts(List.of("a"))))
        .containsExactly(TokenSequence.of('a'));
    assertThat(TOKENIZER.sequences(Corpus.of(List.of(sequence)))).containsExactly(sequence);
  }
}
