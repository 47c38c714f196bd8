package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ReferenceLevels.Level;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReferenceLevelsTest {
  private static final FakeCausalLm REFERENCE = FakeCausalLm.ofHash(26, 1);
  private static final ForgetSet SET =
      ForgetSet.of(
          TokenSequence.of(7, 4, 11, 11, 14, 22, 14).withName("a"),
          TokenSequence.of(0, 1, 2, 3, 4, 5, 6, 7).withPromptLength(2));

  @Test
  void measure_sameTokenizer() {
    ReferenceLevels levels = ReferenceLevels.measure(REFERENCE, REFERENCE.tokenizer(), SET, 2);
    var ma = MemorizationAccuracy.of().measure(REFERENCE, SET.sequences());
    var el = ExtractionLikelihood.of(2).measure(REFERENCE, SET.sequences());
    assertThat(levels.meanMa()).isEqualTo(ma.value());
    assertThat(levels.meanEl()).isEqualTo(el.value());
    for (int i = 0; i < 2; i++) {
      assertThat(levels.level(SET.sequences().get(i)))
          .isEqualTo(new Level(el.perSequence().get(i), ma.perSequence().get(i)));
    }
    assertThat(levels.order()).isEqualTo(2);
    levels.check(SET);
  }

  /**
   * Two letters are a token: "cdefgh" behind the prompt "ab" is the ids of cd, ef, gh behind that
   * of ab. The reference knows "ab" to "cd" and no more: MA 1/3.
   */
  @Test
  void measure_otherTokenizer() {
    List<TokenSequence> given = new ArrayList<>();
    CausalLm reference = new PairReader(given);
    ReferenceLevels levels =
        ReferenceLevels.measure(
            reference, REFERENCE.tokenizer(), ForgetSet.of(SET.sequences().get(1)), 1);
    assertThat(given)
        .contains(TokenSequence.of(pair(0), pair(2), pair(4), pair(6)).withPromptLength(1));
    assertThat(levels.meanMa()).isEqualTo(1 / 3.0);
  }

  /** Seven letters cannot be read by two. */
  @Test
  void measure_textTheReferenceCannotRead() {
    assertThatThrownBy(
            () ->
                ReferenceLevels.measure(
                    new PairReader(new ArrayList<>()), REFERENCE.tokenizer(), SET, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("reference model: sequence 0: text must have an even length, but had: 7");
  }

  @Test
  void measure_tooShort() {
    assertThatThrownBy(() -> ReferenceLevels.measure(REFERENCE, REFERENCE.tokenizer(), SET, 7))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "reference model: order (7) must be < sequence length (7) of sequence 0;"
                + " extraction likelihood is undefined for it");
  }

  @Test
  void of_values() {
    ReferenceLevels levels = ReferenceLevels.of(SET, 3, List.of(0.25, 0.5), List.of(0.5, 1.0));
    assertThat(levels.level(SET.sequences().get(1))).isEqualTo(new Level(0.5, 1));
    assertThat(levels).hasToString("ReferenceLevels[order=3, sequences=2, el=0.375, ma=0.75]");
  }

  @Test
  void of_badValues() {
    assertThatThrownBy(() -> ReferenceLevels.of(SET, 0, List.of(0.1, 0.1), List.of(0.1, 0.1)))
        .hasMessage("order must be >= 1, but was: 0");
    assertThatThrownBy(() -> ReferenceLevels.of(SET, 1, List.of(0.1), List.of(0.1, 0.1)))
        .hasMessage("el must have a value for each of 2 sequences, but had 1");
    assertThatThrownBy(() -> ReferenceLevels.of(SET, 1, List.of(0.1, 0.1), List.of(0.1, 1.5)))
        .hasMessage("ma must be in [0, 1], but one value was: 1.5");
    assertThatThrownBy(
            () -> ReferenceLevels.of(SET, 1, List.of(0.1, Double.NaN), List.of(0.1, 0.5)))
        .hasMessage("el must be in [0, 1], but one value was: NaN");
  }

  @Test
  void check_anotherSet() {
    ReferenceLevels levels = ReferenceLevels.of(SET, 3, List.of(0.25, 0.5), List.of(0.5, 1.0));
    ForgetSet other = ForgetSet.of(SET.sequences().get(0), TokenSequence.of(1, 2, 3, 4));
    assertThatThrownBy(() -> levels.check(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sequence 1 must be of the set the reference was measured on, but is not");
    assertThatThrownBy(() -> levels.level(TokenSequence.of(1, 2)))
        .hasMessage("the sequence must be of the set that was measured");
  }

  private static int pair(int letter) {
    return 26 * letter + letter + 1;
  }

  /** A model that reads two letters at a time and keeps a list of what it is asked to score. */
  private record PairReader(List<TokenSequence> given) implements CausalLm {
    private static final FakeCausalLm MODEL =
        FakeCausalLm.ofLookup(26 * 26, 9, Map.of(Ints.asList(pair(0)), pair(2)));

    @Override
    public List<TokenScores> score(List<TokenSequence> sequences) {
      given.addAll(sequences);
      return MODEL.score(sequences);
    }

    @Override
    public List<int[]> generate(
        List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
      return MODEL.generate(prompts, decoding, listener);
    }

    @Override
    public int vocabularySize() {
      return MODEL.vocabularySize();
    }

    @Override
    public int contextLength() {
      return 100;
    }

    @Override
    public Tokenizer tokenizer() {
      return new Tokenizer() {
        @Override
        public TokenSequence encode(String text) {
          if (text.length() % 2 != 0) {
            throw new IllegalArgumentException(
                "text must have an even length, but had: " + text.length());
          }
          int[] ids = new int[text.length() / 2];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = 26 * (text.charAt(2 * i) - 'a') + text.charAt(2 * i + 1) - 'a';
          }
          return TokenSequence.of(ids);
        }

        @Override
        public String decode(int... ids) {
          StringBuilder text = new StringBuilder();
          for (int id : ids) {
            text.append((char) ('a' + id / 26)).append((char) ('a' + id % 26));
          }
          return text.toString();
        }
      };
    }

    @Override
    public ModelInfo info() {
      return MODEL.info();
    }
  }
}
