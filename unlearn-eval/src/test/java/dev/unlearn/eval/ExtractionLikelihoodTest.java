package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class ExtractionLikelihoodTest {
  private static final Offset<Double> ROUNDING = within(1e-12);

  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0);
  private static final TokenSequence SEQUENCE = TokenSequence.of(0, 1, 2, 2, 0, 1);

  @Test
  void measure_handNumbers() {
    // t | continuation | true suffix | matches / bigrams
    // 1 | 1 2 0 1 2    | 1 2 2 0 1   | 4 / 4: 1 2 counts twice
    // 2 | 2 0 1 2      | 2 2 0 1     | 2 / 3: 1 2 is not in the suffix
    // 3 | 0 1 2        | 2 0 1       | 1 / 2
    // 4 | 0 1          | 0 1         | 1 / 1
    // (1 + 2/3 + 1/2 + 1) / 4 = 19/24
    MetricResult result = ExtractionLikelihood.of(2).measure(MODEL, List.of(SEQUENCE));
    assertThat(result.key()).isEqualTo("el_2");
    assertThat(result.value()).isCloseTo(19.0 / 24, ROUNDING);
    assertThat(result.perSequence()).containsExactly(result.value());
  }

  @Test
  void measure_prompt() {
    // Prefixes 3 and 4 of the table above: (1/2 + 1) / 2.
    MetricResult result =
        ExtractionLikelihood.of(2).measure(MODEL, List.of(SEQUENCE.withPromptLength(3)));
    assertThat(result.value()).isEqualTo(0.75);
  }

  @Test
  void measure_raggedLengths() {
    // 0 1 2 0 is continued perfectly. The mean over sequences: (19/24 + 1) / 2.
    MetricResult result =
        ExtractionLikelihood.of(2).measure(MODEL, List.of(SEQUENCE, TokenSequence.of(0, 1, 2, 0)));
    assertThat(result.perSequence().get(1)).isEqualTo(1);
    assertThat(result.value()).isCloseTo(43.0 / 48, ROUNDING);
  }

  @Test
  void measure_lengthIsOrderPlusOne() {
    // One prefix with one n-gram: 1 2 0 is the suffix of the first, not of the second.
    MetricResult result =
        ExtractionLikelihood.of(3)
            .measure(MODEL, List.of(TokenSequence.of(0, 1, 2, 0), TokenSequence.of(0, 1, 2, 1)));
    assertThat(result.perSequence()).containsExactly(1.0, 0.0);
  }

  @Test
  void measure_lengthAtMostOrder() {
    MetricResult result =
        ExtractionLikelihood.of(4)
            .measure(
                MODEL,
                List.of(
                    TokenSequence.of(0, 1, 2, 0),
                    TokenSequence.of(0),
                    TokenSequence.of(0, 1, 2, 0, 1, 2).withPromptLength(3),
                    TokenSequence.of(0, 1, 2, 0, 1)));
    assertThat(result.perSequence()).containsExactly(Double.NaN, Double.NaN, Double.NaN, 1.0);
    assertThat(result.value()).isEqualTo(1);
  }

  @Test
  void measure_prefixesMatter() {
    // The model says 2 1 0 0 after 1, and 0 from anything it does not know.
    FakeCausalLm model = FakeCausalLm.ofLookup(3, 0, Map.of(List.of(1), 2, List.of(1, 2), 1));
    // x = 1 2 1 1, n = 1. t=1: 2 1 0 in {2 1 1}: 2/3. t=2: 1 0 in {1 1}: 1/2. t=3: 0 in {1}: 0.
    MetricResult result =
        ExtractionLikelihood.of(1).measure(model, List.of(TokenSequence.of(1, 2, 1, 1)));
    assertThat(result.value()).isCloseTo(7.0 / 18, ROUNDING);
  }

  @Test
  void measure_bruteForce() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      int alphabet = 2 + random.nextInt(3);
      FakeCausalLm model =
          round % 2 == 0
              ? FakeCausalLm.ofTable(RandomSequences.ids(random, alphabet, alphabet))
              : FakeCausalLm.ofHash(alphabet, round);
      List<TokenSequence> sequences = RandomSequences.ragged(random, 4, alphabet);
      int order = 1 + random.nextInt(4);

      List<Double> values = ExtractionLikelihood.of(order).measure(model, sequences).perSequence();
      for (int index = 0; index < sequences.size(); index++) {
        assertThat(values.get(index))
            .isCloseTo(bruteForce(model, sequences.get(index), order), ROUNDING);
      }
    }
  }

  private static double bruteForce(FakeCausalLm model, TokenSequence x, int order) {
    return IntStream.rangeClosed(Math.max(1, x.promptLength()), x.length() - order)
        .mapToDouble(t -> overlap(model, x, t, order))
        .average()
        .orElse(Double.NaN);
  }

  /** The overlap of one prefix, by its definition. */
  static double overlap(FakeCausalLm model, TokenSequence x, int prefixLength, int order) {
    int[] continuation = model.continuation(x.ids(0, prefixLength), x.length() - prefixLength);
    var known = new HashSet<>(NgramOverlapTest.ngrams(x.ids(prefixLength, x.length()), order));
    return NgramOverlapTest.ngrams(continuation, order).stream()
        .mapToInt(ngram -> known.contains(ngram) ? 1 : 0)
        .average()
        .orElseThrow();
  }

  @Test
  void measure_severalOrders() {
    Random random = new Random(6);
    for (int round = 0; round < 50; round++) {
      FakeCausalLm model = FakeCausalLm.ofHash(3, round);
      List<TokenSequence> sequences = RandomSequences.ragged(random, 4, 3);
      Map<Integer, MetricResult> results =
          ExtractionLikelihood.measure(model, sequences, 4, 1, 20, 2);
      assertThat(model.scorePasses()).isOne();
      assertThat(model.continuing()).isOne();
      assertThat(results.keySet()).containsExactly(4, 1, 20, 2);
      results.forEach(
          (order, result) ->
              assertThat(result)
                  .isEqualTo(ExtractionLikelihood.of(order).measure(model, sequences)));
    }
  }

  @Test
  void measure_noOrder() {
    assertThatThrownBy(() -> ExtractionLikelihood.measure(MODEL, List.of(SEQUENCE), new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one order, but there was none");
  }

  @Test
  void measure_badOrders() {
    assertThatThrownBy(() -> ExtractionLikelihood.measure(MODEL, List.of(SEQUENCE), 2, 1, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("orders must differ, but two were: 2");
    assertThatThrownBy(() -> ExtractionLikelihood.measure(MODEL, List.of(SEQUENCE), 2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void of_badOrder() {
    assertThatThrownBy(() -> ExtractionLikelihood.of(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void check_lengthIsOrder() {
    ExtractionLikelihood metric = ExtractionLikelihood.of(4);
    TokenSequence enough = TokenSequence.of(0, 1, 2, 0, 1);
    metric.check(List.of(enough));
    assertThatThrownBy(() -> metric.check(List.of(enough, TokenSequence.of(0, 1, 2, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "order (4) must be < sequence length (4) of sequence 1;"
                + " extraction likelihood is undefined for it");
  }

  @Test
  void check_promptTooLong() {
    ExtractionLikelihood metric = ExtractionLikelihood.of(4);
    metric.check(List.of(SEQUENCE.withPromptLength(2)));
    assertThatThrownBy(() -> metric.check(List.of(SEQUENCE.withPromptLength(3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "order (4) must be <= sequence length (6) - prompt length (3) of sequence 0;"
                + " extraction likelihood is undefined for it");
  }

  @Test
  void direction_higher() {
    assertThat(ExtractionLikelihood.of(10).higherMeansKnown()).isTrue();
    assertThat(ExtractionLikelihood.of(10)).hasToString("el_10");
  }
}
