package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CorpusTest {
  @Test
  void ofTexts_copies() {
    List<String> texts = new ArrayList<>(List.of("a", "b"));
    Corpus corpus = Corpus.ofTexts(texts);
    texts.clear();
    assertThat(corpus.texts()).containsExactly("a", "b");
    assertThat(corpus.sequences()).isEmpty();
    assertThat(corpus.size()).isEqualTo(2);
  }

  @Test
  void of_copies() {
    List<TokenSequence> sequences = new ArrayList<>(List.of(TokenSequence.of(1)));
    Corpus corpus = Corpus.of(sequences);
    sequences.clear();
    assertThat(corpus.sequences()).containsExactly(TokenSequence.of(1));
    assertThat(corpus.texts()).isEmpty();
    assertThat(corpus.size()).isEqualTo(1);
  }

  @Test
  void of_nothing() {
    assertThatThrownBy(() -> Corpus.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a corpus must hold at least one text or sequence, but was empty");
    assertThatThrownBy(() -> Corpus.ofTexts(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a corpus must hold at least one text or sequence, but was empty");
  }

  @Test
  void toString_withoutTextAndIds() {
    assertThat(Corpus.ofTexts(List.of("hunter2"))).hasToString("Corpus[texts=1]");
    assertThat(Corpus.of(List.of(TokenSequence.of(31337)))).hasToString("Corpus[sequences=1]");
  }
}
