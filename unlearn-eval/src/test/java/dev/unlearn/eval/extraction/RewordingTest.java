package dev.unlearn.eval.extraction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A token is a character; {@code ~} cannot be encoded; the context has 24 tokens. */
final class RewordingTest {
  private static final CausalLm MODEL = new CharacterModel();
  private static final TokenSequence TEXT = sequence(" ann Lee: is it").withPromptLength(9);

  @Test
  void formats_byHand() {
    assertThat(prefix(Rewording.lowerCase())).isEqualTo(" ann lee:");
    assertThat(prefix(Rewording.capitalized())).isEqualTo(" Ann Lee:");
    assertThat(prefix(Rewording.quoted())).isEqualTo("\" ann Lee:");
    assertThat(prefix(Rewording.codeFenced())).isEqualTo("```\n ann Lee:");
    assertThat(Rewording.formats()).hasSize(4);
  }

  @Test
  void about_whatFollowsStays() {
    Question question = Rewording.quoted().about(MODEL, TEXT).get(0);

    assertThat(question.truth()).isEqualTo(sequence(" is it").ids());
    assertThat(question.prefixLength()).isEqualTo(10);
  }

  @Test
  void about_inexpressible() {
    assertThat(Rewording.quoted().about(MODEL, sequence("a~bc"))).isEmpty();
  }

  @Test
  void about_tooLongForTheContext() {
    // 4 more, 24 in all, fit; 5 do not.
    assertThat(Rewording.codeFenced().about(MODEL, prompted(20))).hasSize(1);
    assertThat(Rewording.codeFenced().about(MODEL, prompted(21))).isEmpty();
  }

  @Test
  void afterPreamble_endOfWhatFits() {
    Rewording rewording = Rewording.afterPreamble(List.of(sequence("0123456789"), sequence("xy")));
    List<Question> questions = rewording.about(MODEL, TEXT);

    // 15 of 24 are its own.
    assertThat(prefix(questions.get(0))).isEqualTo("123456789 ann Lee:");
    assertThat(prefix(questions.get(1))).isEqualTo("xy ann Lee:");
    assertThatThrownBy(() -> Rewording.afterPreamble(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one preamble, but there was none");
  }

  /** Else unseen text would be asked for after its own answer, if unseen text is the preamble. */
  @Test
  void afterPreamble_notAfterItself() {
    TokenSequence whole = sequence("Who? ann Lee: is it");
    Rewording rewording = Rewording.afterPreamble(List.of(whole, sequence("xy"), TEXT));

    assertThat(rewording.about(MODEL, TEXT).stream().map(RewordingTest::prefix))
        .containsExactly("xy ann Lee:");
    assertThat(Rewording.afterPreamble(List.of(whole)).about(MODEL, TEXT)).isEmpty();
  }

  @Test
  void capitalized_noLetter() {
    TokenSequence text = sequence("12:34").withPromptLength(3);

    assertThat(prefix(Rewording.capitalized().about(MODEL, text).get(0))).isEqualTo("12:");
  }

  private static TokenSequence prompted(int length) {
    return sequence("a".repeat(length)).withPromptLength(2);
  }

  private static String prefix(Rewording rewording) {
    return prefix(rewording.about(MODEL, TEXT).get(0));
  }

  private static String prefix(Question question) {
    return MODEL.tokenizer().decode(question.text().ids(0, question.prefixLength()));
  }

  private static TokenSequence sequence(String text) {
    return TokenSequence.of(text.chars().toArray());
  }

  private static final class CharacterModel implements CausalLm {
    @Override
    public Tokenizer tokenizer() {
      return new Tokenizer() {
        @Override
        public TokenSequence encode(String text) {
          if (text.contains("~")) {
            throw new IllegalArgumentException("cannot be encoded");
          }
          return sequence(text);
        }

        @Override
        public String decode(int... ids) {
          return new String(ids, 0, ids.length);
        }
      };
    }

    @Override
    public int contextLength() {
      return 24;
    }

    @Override
    public List<TokenScores> score(List<TokenSequence> sequences) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<int[]> generate(
        List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int vocabularySize() {
      return 128;
    }

    @Override
    public ModelInfo info() {
      throw new UnsupportedOperationException();
    }
  }
}
