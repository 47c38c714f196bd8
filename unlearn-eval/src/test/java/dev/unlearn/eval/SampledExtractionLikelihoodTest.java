package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SampledExtractionLikelihoodTest {
  private static final Offset<Double> ROUNDING = within(1e-12);
  private static final ExtractionLikelihood EXACT = ExtractionLikelihood.of(2);

  /** It misses every token of {@link #missed}, so it decodes from each prefix it is asked for. */
  private static final int[] ALWAYS_ZERO = {0, 0};

  private static TokenSequence missed(int length) {
    return TokenSequence.of(Collections.nCopies(length, 1).stream().mapToInt(i -> i).toArray());
  }

  @Test
  void key_parameters() {
    assertThat(ExtractionLikelihood.of(10).sampled(32).key()).isEqualTo("el_10_sampled_32");
    assertThat(ExtractionLikelihood.of(10).sampled(32, 0).key()).isEqualTo("el_10_sampled_32");
    assertThat(ExtractionLikelihood.of(10).sampled(32, -7).key())
        .isEqualTo("el_10_sampled_32_seed_-7");
    assertThat(ExtractionLikelihood.of(10).sampled(32)).hasToString("el_10_sampled_32");
    assertThat(ExtractionLikelihood.of(10).sampled(32).higherMeansKnown()).isTrue();
  }

  @Test
  void measure_drawsTheGivenNumber() {
    FakeCausalLm model = FakeCausalLm.ofTable(ALWAYS_ZERO);
    TokenSequence sequence = missed(40);
    var unused = EXACT.sampled(5).measure(model, List.of(sequence, sequence.withPromptLength(30)));
    List<Integer> first = model.decodedFrom().subList(0, 5);
    List<Integer> second = model.decodedFrom().subList(5, 10);
    assertThat(model.decodedFrom()).hasSize(10);
    assertThat(first).doesNotHaveDuplicates().allMatch(t -> t >= 1 && t <= 38);
    assertThat(second).doesNotHaveDuplicates().allMatch(t -> t >= 30 && t <= 38);
    assertThat(model.scorePasses()).isOne();
    assertThat(model.continuing()).isOne();
  }

  @Test
  void measure_everySubsetAlike() {
    // 3 of the prefixes 1 .. 6 in both sequences: 20 subsets each, 400 pairs if independent.
    int seeds = 20_000;
    Multiset<List<Integer>> subsets = HashMultiset.create();
    Multiset<List<Integer>> pairs = HashMultiset.create();
    List<TokenSequence> sequences = List.of(missed(8), missed(8));
    for (int seed = 0; seed < seeds; seed++) {
      FakeCausalLm model = FakeCausalLm.ofTable(ALWAYS_ZERO);
      var unused = EXACT.sampled(3, seed).measure(model, sequences);
      subsets.add(List.copyOf(model.decodedFrom().subList(0, 3)));
      pairs.add(List.copyOf(model.decodedFrom()));
    }
    // Chi-square, 99.9 % quantiles of 19 and 399 degrees of freedom.
    assertThat(chiSquare(subsets, 20)).isLessThan(43.8);
    assertThat(chiSquare(pairs, 400)).isLessThan(491);
  }

  private static double chiSquare(Multiset<List<Integer>> counts, int cells) {
    double expected = (double) counts.size() / cells;
    double sum = (cells - counts.elementSet().size()) * expected;
    for (Multiset.Entry<List<Integer>> entry : counts.entrySet()) {
      sum += (entry.getCount() - expected) * (entry.getCount() - expected) / expected;
    }
    return sum;
  }

  @Test
  void measure_valueIsTheMeanOverDrawnPrefixes() {
    FakeCausalLm misses = FakeCausalLm.ofTable(ALWAYS_ZERO);
    var unused = EXACT.sampled(4, 9).measure(misses, List.of(missed(20), missed(20)));
    // The draw does not depend on ids: the same prefixes of another text of the same length.
    FakeCausalLm model = FakeCausalLm.ofHash(3, 1);
    Random random = new Random(2);
    List<TokenSequence> sequences =
        List.of(
            TokenSequence.of(RandomSequences.ids(random, 20, 3)),
            TokenSequence.of(RandomSequences.ids(random, 20, 3)));
    MetricResult result = EXACT.sampled(4, 9).measure(model, sequences);
    for (int index = 0; index < 2; index++) {
      TokenSequence sequence = sequences.get(index);
      double mean =
          misses.decodedFrom().subList(4 * index, 4 * index + 4).stream()
              .mapToDouble(t -> ExtractionLikelihoodTest.overlap(model, sequence, t, 2))
              .average()
              .orElseThrow();
      assertThat(result.perSequence().get(index)).isCloseTo(mean, ROUNDING);
    }
    assertThat(result.value())
        .isCloseTo((result.perSequence().get(0) + result.perSequence().get(1)) / 2, ROUNDING);
    assertThat(result.key()).isEqualTo("el_2_sampled_4_seed_9");
  }

  @Test
  void measure_unbiasedWithTheVarianceOfDrawsWithoutReplacement() {
    FakeCausalLm model = FakeCausalLm.ofHash(3, 4);
    List<TokenSequence> sequences = mixed();
    int prefixes = 6;
    double exact = EXACT.measure(model, sequences).value();
    double variance = 0;
    for (TokenSequence x : sequences) {
      double[] overlaps =
          IntStream.rangeClosed(x.firstTarget(), x.length() - 2)
              .mapToDouble(t -> ExtractionLikelihoodTest.overlap(model, x, t, 2))
              .toArray();
      int count = overlaps.length;
      if (count > prefixes) {
        double mean = Arrays.stream(overlaps).average().orElseThrow();
        double spread = Arrays.stream(overlaps).map(o -> (o - mean) * (o - mean)).sum() / count;
        variance += spread / prefixes * (count - prefixes) / (count - 1);
      }
    }
    variance /= sequences.size() * sequences.size();

    int seeds = 4000;
    double[] errors = new double[seeds];
    for (int seed = 0; seed < seeds; seed++) {
      errors[seed] = EXACT.sampled(prefixes, seed).measure(model, sequences).value() - exact;
    }
    double bias = Arrays.stream(errors).average().orElseThrow();
    double squares = Arrays.stream(errors).map(e -> e * e).average().orElseThrow();
    assertThat(variance).isPositive();
    assertThat(bias).isCloseTo(0, within(3.5 * Math.sqrt(variance / seeds)));
    assertThat(squares / variance).isCloseTo(1, within(0.1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6})
  void measure_intervalsContainTheExactValue(int prefixes) {
    int seeds = 1000;
    for (FakeCausalLm model : List.of(FakeCausalLm.ofHash(3, 4), FakeCausalLm.ofHash(9, 4))) {
      List<TokenSequence> sequences = mixed();
      double exact = EXACT.measure(model, sequences).value();
      int containing = 0;
      for (int seed = 0; seed < seeds; seed++) {
        MetricResult result = EXACT.sampled(prefixes, seed).measure(model, sequences);
        Interval interval = result.interval().orElseThrow();
        assertThat(interval.contains(result.value())).isTrue();
        assertThat(interval.confidence()).isEqualTo(0.95);
        if (interval.contains(exact)) {
          containing++;
        }
      }
      assertThat((double) containing / seeds).isGreaterThanOrEqualTo(0.95);
    }
  }

  /** Sequences of different lengths, some with a prompt, one shorter than any sample. */
  private static List<TokenSequence> mixed() {
    Random random = new Random(3);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {12, 20, 30, 26, 3}) {
      sequences.add(TokenSequence.of(RandomSequences.ids(random, length, 3)));
    }
    sequences.set(3, sequences.get(3).withPromptLength(9));
    return sequences;
  }

  @Test
  void measure_intervalOfNothingExtracted() {
    // Two of three sequences are sampled, 4 prefixes each: 2/3 of 1 - 0.025^(1/8) = 0.369.
    MetricResult result =
        EXACT
            .sampled(4)
            .measure(FakeCausalLm.ofTable(ALWAYS_ZERO), List.of(missed(20), missed(6), missed(9)));
    assertThat(result.value()).isZero();
    Interval interval = result.interval().orElseThrow();
    assertThat(interval.low()).isZero();
    assertThat(interval.high()).isCloseTo(2.0 / 3 * (1 - Math.pow(0.025, 1.0 / 8)), ROUNDING);
  }

  @Test
  void measure_exactPartIsNoDoubt() {
    // The model says 0 always: all of the first sequence, nothing of the second, undefined third.
    MetricResult result =
        EXACT
            .sampled(4)
            .measure(
                FakeCausalLm.ofTable(ALWAYS_ZERO),
                List.of(TokenSequence.of(0, 0, 0, 0, 0), missed(20), missed(2)));
    assertThat(result.perSequence()).containsExactly(1.0, 0.0, Double.NaN);
    assertThat(result.value()).isEqualTo(0.5);
    Interval interval = result.interval().orElseThrow();
    assertThat(interval.low()).isEqualTo(0.5);
    assertThat(interval.high()).isCloseTo(0.5 + (1 - Math.pow(0.025, 1.0 / 4)) / 2, ROUNDING);
  }

  @Test
  void measure_shortSequencesAreExact() {
    Random random = new Random(8);
    for (int round = 0; round < 50; round++) {
      FakeCausalLm model = FakeCausalLm.ofHash(2, round);
      List<TokenSequence> sequences = RandomSequences.ragged(random, 4, 2);
      MetricResult exact = EXACT.measure(model, sequences);
      MetricResult sampled = EXACT.sampled(12).measure(model, sequences);
      assertThat(sampled.value()).isEqualTo(exact.value());
      assertThat(sampled.perSequence()).isEqualTo(exact.perSequence());
      if (!Double.isNaN(exact.value())) {
        assertThat(sampled.interval()).contains(new Interval(exact.value(), exact.value(), 1));
      }
    }
  }

  @Test
  void measure_allUndefined() {
    MetricResult result =
        EXACT.sampled(4).measure(FakeCausalLm.ofTable(ALWAYS_ZERO), List.of(missed(2), missed(1)));
    assertThat(result.value()).isNaN();
    assertThat(result.perSequence()).containsExactly(Double.NaN, Double.NaN);
    assertThat(result.interval()).isEmpty();
  }

  @Test
  void measure_deterministic() {
    FakeCausalLm model = FakeCausalLm.ofHash(3, 4);
    List<TokenSequence> sequences = mixed();
    MetricResult result = EXACT.sampled(3).measure(model, sequences);
    assertThat(EXACT.sampled(3, 0).measure(model, sequences)).isEqualTo(result);
    assertThat(EXACT.sampled(3, 1).measure(model, sequences).perSequence())
        .isNotEqualTo(result.perSequence());
    // Sequences do not depend on those after them.
    assertThat(EXACT.sampled(3).measure(model, sequences.subList(0, 2)).perSequence())
        .isEqualTo(result.perSequence().subList(0, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void sampled_noPrefix(int prefixes) {
    assertThatThrownBy(() -> EXACT.sampled(prefixes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("prefixes must be >= 1, but was: " + prefixes);
  }

  @Test
  void check_asTheExactMetric() {
    Metric metric = EXACT.sampled(3);
    metric.check(List.of(missed(3)));
    assertThatThrownBy(() -> metric.check(List.of(missed(3), missed(2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "order (2) must be < sequence length (2) of sequence 1;"
                + " extraction likelihood is undefined for it");
  }
}
