package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * Of the fake tokenizer, token 0 is the letter a and so on, and 26 to 28 are braces and a bar,
 * which separate words.
 */
final class VerbatimMemorizationTest {
  private static final Offset<Double> ROUNDING = within(1e-15);
  private static final int END = 3; // whose text is d

  /** Says a, b, c, a, b, c and so on. */
  private static final FakeCausalLm MODEL =
      FakeCausalLm.ofTable(
          26, 27, 28, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0);

  // "a" and then "b c b".
  private static final TokenSequence SEQUENCE =
      TokenSequence.of(0, 26, 1, 27, 2, 27, 1).withPromptLength(2);

  @Test
  void measure_asLongAsDecoded() {
    // Three tokens: "b c" of both.
    MetricResult result = VerbatimMemorization.of(3).measure(MODEL, List.of(SEQUENCE));
    assertThat(result.key()).isEqualTo("verbmem_3");
    assertThat(result.value()).isEqualTo(1);
  }

  @Test
  void measure_longer() {
    // "b c b" against "b c a b", cut to five tokens "b c a": precision and recall 2/3.
    assertThat(VerbatimMemorization.of(5).measure(MODEL, List.of(SEQUENCE)).value())
        .isCloseTo(2.0 / 3, ROUNDING);
  }

  @Test
  void openUnlearningCompat_wholeReference() {
    // "b c b" against "b c": precision 1, recall 2/3.
    MetricResult result =
        VerbatimMemorization.openUnlearningCompat(3).measure(MODEL, List.of(SEQUENCE));
    assertThat(result.key()).isEqualTo("verbmem_3_open_unlearning");
    assertThat(result.value()).isCloseTo(0.8, ROUNDING);
  }

  @Test
  void openUnlearningCompat_stems() {
    FakeCausalLm model = chain("flied");
    List<TokenSequence> sequences = List.of(word("flies"));
    // One token is the prompt, so it is "lies" against "lied": both have the stem lie.
    assertThat(VerbatimMemorization.of(4).measure(model, sequences).value()).isZero();
    assertThat(VerbatimMemorization.openUnlearningCompat(4).measure(model, sequences).value())
        .isEqualTo(1);
  }

  private static TokenSequence word(String word) {
    return TokenSequence.of(word.chars().map(letter -> letter - 'a').toArray());
  }

  private static FakeCausalLm chain(String word) {
    int[] table = new int[26];
    for (int i = 1; i < word.length(); i++) {
      table[word.charAt(i - 1) - 'a'] = word.charAt(i) - 'a';
    }
    return FakeCausalLm.ofTable(table);
  }

  @Test
  void endingWith_notCompared() {
    VerbatimMemorization metric = VerbatimMemorization.of(3);
    assertThat(metric.endingWith(END).key()).isEqualTo("verbmem_3_eos_3");
    // True is "b" and the end; the model says the same and goes on with ends.
    List<TokenSequence> ended = List.of(TokenSequence.of(0, 26, 1, END).withPromptLength(2));
    FakeCausalLm ending =
        FakeCausalLm.ofTable(
            26, END, 0, END, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    assertThat(metric.endingWith(END).measure(ending, ended).value()).isEqualTo(1);
    assertThat(metric.measure(ending, ended).value()).isZero(); // "bd" against "bdd"
  }

  @Test
  void measure_oneToken() {
    assertThat(VerbatimMemorization.of(2).measure(MODEL, List.of(TokenSequence.of(0))).value())
        .isNaN();
    assertThatThrownBy(() -> VerbatimMemorization.of(2).check(List.of(TokenSequence.of(0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "length (1) of sequence 0 must be > 1; verbatim memorization is undefined for it");
  }

  @Test
  void of_badArguments() {
    assertThatThrownBy(() -> VerbatimMemorization.of(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("newTokens must be >= 1, but was: 0");
    assertThatThrownBy(() -> VerbatimMemorization.of(1).endingWith(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eosId must be >= 0, but was: -1");
  }
}
