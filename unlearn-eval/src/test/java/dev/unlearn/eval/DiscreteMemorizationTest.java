package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** {@link ExactMemorization} and {@link ExtractionStrength}. */
final class DiscreteMemorizationTest {
  private static final Offset<Double> ROUNDING = within(1e-15);
  private static final int END = 10;

  @ParameterizedTest
  @CsvFileSource(resources = "em-es-discrete.csv", delimiter = ';')
  void measure_golden(
      String choices, String labels, double em, double strictEs, double openUnlearningEs) {
    TokenSequence strict = sequence(labels, false);
    TokenSequence ended = sequence(labels, true);
    FakeCausalLm model = choosing(ended, ids(choices));

    assertThat(value(ExactMemorization.of(), model, strict)).isCloseTo(em, ROUNDING);
    assertThat(value(ExactMemorization.openUnlearningCompat(), model, ended))
        .isCloseTo(em, ROUNDING);
    assertThat(value(ExtractionStrength.of(), model, strict)).isCloseTo(strictEs, ROUNDING);
    assertThat(value(ExtractionStrength.openUnlearningCompat(), model, ended))
        .isCloseTo(openUnlearningEs, ROUNDING);
  }

  private static double value(Metric metric, FakeCausalLm model, TokenSequence sequence) {
    return metric.measure(model, List.of(sequence)).value();
  }

  private static TokenSequence sequence(String labels, boolean ended) {
    int[] all = Ints.concat(new int[] {0, 0}, ids(labels), ended ? new int[] {END} : new int[0]);
    return TokenSequence.of(all).withPromptLength(2);
  }

  /** Returns a model that makes these choices at the targets, and misses the end. */
  private static FakeCausalLm choosing(TokenSequence sequence, int[] choices) {
    Map<List<Integer>, Integer> lookup = new HashMap<>();
    for (int i = 0; i < choices.length; i++) {
      lookup.put(Ints.asList(sequence.ids(0, 2 + i)), choices[i]);
    }
    return FakeCausalLm.ofLookup(11, 0, lookup);
  }

  private static int[] ids(String text) {
    return Splitter.on(' ').splitToStream(text).mapToInt(Integer::parseInt).toArray();
  }

  @Test
  void measure_aggregate() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    // Choices after 0 1 2 2 are 1 2 0 0: hit, hit, miss, hit. And 0 2 is a miss.
    List<TokenSequence> sequences =
        List.of(TokenSequence.of(0, 1, 2, 2, 0), TokenSequence.of(0, 2));
    assertThat(ExactMemorization.of().measure(model, sequences).value()).isEqualTo(0.375);
    assertThat(ExtractionStrength.of().measure(model, sequences).perSequence())
        .containsExactly(0.25, 0.0);
  }

  @Test
  void measure_withoutTargets() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    TokenSequence one = TokenSequence.of(1);
    assertThat(value(ExactMemorization.of(), model, one)).isNaN();
    assertThat(value(ExtractionStrength.of(), model, one)).isNaN();
    // Open-Unlearning has nothing left once the end is gone: none for one, 0 for the other.
    TokenSequence endOnly = TokenSequence.of(1, 2).withPromptLength(1);
    assertThat(value(ExactMemorization.openUnlearningCompat(), model, endOnly)).isNaN();
    assertThat(value(ExtractionStrength.openUnlearningCompat(), model, endOnly)).isZero();
  }

  @Test
  void check_oneToken() {
    List<TokenSequence> sequences = List.of(TokenSequence.of(0));
    assertThatThrownBy(() -> ExactMemorization.of().check(sequences))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length (1) of sequence 0 must be > 1; exact memorization is undefined for it");
    assertThatThrownBy(() -> ExtractionStrength.of().check(sequences))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "length (1) of sequence 0 must be > 1; extraction strength is undefined for it");
  }

  @Test
  void key_ofEachForm() {
    assertThat(ExactMemorization.of()).hasToString("em");
    assertThat(ExactMemorization.openUnlearningCompat()).hasToString("em_open_unlearning");
    assertThat(ExtractionStrength.of()).hasToString("es");
    assertThat(ExtractionStrength.openUnlearningCompat()).hasToString("es_open_unlearning");
  }
}
