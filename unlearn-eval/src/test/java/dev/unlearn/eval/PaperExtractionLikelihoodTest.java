package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Ints;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@link ExtractionLikelihood#paperCompat}; the end-of-sequence token is 2 in hand numbers. */
final class PaperExtractionLikelihoodTest {
  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0, 3);
  private static final Metric METRIC = ExtractionLikelihood.paperCompat(2, 6, 2);

  private static final TokenSequence STOPS = TokenSequence.of(0, 1, 2, 2, 0, 1);
  private static final TokenSequence RUNS_ON = TokenSequence.of(3, 3, 3);

  @Test
  void measure_wholeBatchStops() {
    // t | decoded | true suffix | matches / bigrams of the suffix
    // 1 | 1 2     | 1 2 2 0 1   | 1 / 4
    // 2 | 2       | 2 2 0 1     | 0 / 3: no bigram was decoded
    // 3 | 0 1 2   | 2 0 1       | 1 / 2
    // 4 | 0 1     | 0 1         | 1 / 1
    // (1/4 + 0 + 1/2 + 1) / 4 = 7/16
    MetricResult result = METRIC.measure(MODEL, List.of(STOPS));
    assertThat(result.key()).isEqualTo("el_2_paper_6_eos_2");
    assertThat(result.value()).isEqualTo(7.0 / 16);
  }

  @Test
  void measure_anotherRowRunsOn() {
    // The second row, 3 3 3 2 2 2, says 3 for ever after prefixes of 1, 2 and 3 tokens, so the
    // first is filled: 1 2 2 2 2 has 4 / 4, and 2 2 2 2 has 3 / 3. (1 + 1 + 1/2 + 1) / 4 = 7/8.
    // The second row: 3 3 3 3 3 in 3 3 2 2 2: 4 / 4; 3 3 3 3 in 3 2 2 2: 0; 0; 0 1 in 2 2: 0. 1/4.
    MetricResult result = METRIC.measure(MODEL, List.of(STOPS, RUNS_ON));
    assertThat(result.perSequence()).containsExactly(7.0 / 8, 1.0 / 4);
    assertThat(result.value()).isEqualTo(9.0 / 16);
  }

  @Test
  void measure_padsMatchPads() {
    // 0 1 becomes 0 1 2 2 2 2. t=1: 1 2 2 2 2 has 4 / 4; t=2: 2 2 2 2 has 3 / 3; then 0 1 2 and
    // 0 1 have nothing. (1 + 1) / 4.
    MetricResult result = METRIC.measure(MODEL, List.of(TokenSequence.of(0, 1), RUNS_ON));
    assertThat(result.perSequence().get(0)).isEqualTo(0.5);
    // Alone, decoding stops: t=1: 1 2 has 1 / 4; t=2: 2 has none. 1/4 / 4.
    assertThat(METRIC.measure(MODEL, List.of(TokenSequence.of(0, 1))).value()).isEqualTo(1.0 / 16);
  }

  @Test
  void measure_longSequenceWithPrompt() {
    TokenSequence longer = TokenSequence.of(0, 1, 2, 2, 0, 1, 3, 3).withPromptLength(5);
    METRIC.check(List.of(longer, TokenSequence.of(0)));
    assertThat(METRIC.measure(MODEL, List.of(longer)).value()).isEqualTo(7.0 / 16);
  }

  @Test
  void measure_stopsAtEndOfSequence() {
    Random random = new Random(11);
    for (int round = 0; round < 300; round++) {
      int alphabet = 2 + random.nextInt(3);
      FakeCausalLm model =
          round % 2 == 0
              ? FakeCausalLm.ofTable(RandomSequences.ids(random, alphabet, alphabet))
              : FakeCausalLm.ofHash(alphabet, round);
      List<TokenSequence> sequences = RandomSequences.ragged(random, 1 + round % 3, alphabet);
      int order = 1 + random.nextInt(3);
      int length = order + 1 + random.nextInt(10);

      assertThat(
              ExtractionLikelihood.paperCompat(order, length, 0)
                  .measure(model, sequences)
                  .perSequence())
          .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1, Double.class)
          .containsExactlyElementsOf(tokenByToken(model, sequences, order, length));
    }
  }

  /** All rows decoded a token at a time, until each has said 0; what follows a 0 is 0. */
  private static List<Double> tokenByToken(
      FakeCausalLm model, List<TokenSequence> sequences, int order, int length) {
    List<List<Integer>> rows =
        sequences.stream()
            .map(s -> Stream.concat(Ints.asList(s.ids()).stream(), Stream.generate(() -> 0)))
            .map(ids -> ids.limit(length).toList())
            .toList();
    double[] sums = new double[rows.size()];
    for (int t = length - order; t >= 1; t--) {
      List<List<Integer>> decoded = new ArrayList<>();
      rows.forEach(row -> decoded.add(new ArrayList<>()));
      int prefixLength = t;
      while (decoded.get(0).size() < length - t
          && !decoded.stream().allMatch(ids -> ids.contains(0))) {
        for (int row = 0; row < rows.size(); row++) {
          List<Integer> ids = decoded.get(row);
          List<Integer> prompt = new ArrayList<>(rows.get(row).subList(0, prefixLength));
          prompt.addAll(ids);
          ids.add(ids.contains(0) ? 0 : model.continuation(Ints.toArray(prompt), 1)[0]);
        }
      }
      for (int row = 0; row < rows.size(); row++) {
        int[] suffix = Ints.toArray(rows.get(row).subList(t, length));
        List<List<Integer>> reference = NgramOverlapTest.ngrams(suffix, order);
        Set<List<Integer>> known = new HashSet<>(reference);
        double matches =
            NgramOverlapTest.ngrams(Ints.toArray(decoded.get(row)), order).stream()
                .filter(known::contains)
                .count();
        sums[row] += matches / reference.size() / (length - order);
      }
    }
    return Doubles.asList(sums);
  }

  @Test
  void paperCompat_badArguments() {
    assertThatThrownBy(() -> ExtractionLikelihood.paperCompat(0, 6, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
    assertThatThrownBy(() -> ExtractionLikelihood.paperCompat(6, 6, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length (6) must be > order (6)");
    assertThatThrownBy(() -> ExtractionLikelihood.paperCompat(2, 6, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eosId must be >= 0, but was: -1");
  }

  @Test
  void direction_higher() {
    assertThat(METRIC.higherMeansKnown()).isTrue();
    assertThat(METRIC).hasToString("el_2_paper_6_eos_2");
  }
}
