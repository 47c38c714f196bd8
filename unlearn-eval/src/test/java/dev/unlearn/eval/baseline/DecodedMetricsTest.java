package dev.unlearn.eval.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.contract.MetricContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Metrics under a decoding, against the definition and against what a Markov chain must give. */
final class DecodedMetricsTest {
  private static final int VOCABULARY = 6;
  private static final BigramCausalLm MODEL = BigramCausalLm.random(VOCABULARY, 2, 3);
  private static final DpDecoding MIX = DpDecoding.uniformMix(0.7);

  private static final List<TokenSequence> SEQUENCES = sequences();

  private static List<TokenSequence> sequences() {
    Random random = new Random(5);
    return IntStream.range(0, 40)
        .mapToObj(
            i ->
                TokenSequence.of(random.ints(i % 2 == 0 ? 30 : 22, 0, VOCABULARY).toArray())
                    .withPromptLength(i % 3 == 0 ? 4 : 0))
        .toList();
  }

  /** q' after a token, by the definition. */
  private static double mixed(int last, int next) {
    return 0.7 * MODEL.probabilities(last)[next] + 0.3 / VOCABULARY;
  }

  @Test
  void expectedAccuracy_isTheMeanOfTheMix() {
    MetricResult result = MIX.expectedAccuracy().measure(MODEL, SEQUENCES);
    assertThat(result.key()).isEqualTo("ma_uniform_mix_0.7");
    for (int i = 0; i < SEQUENCES.size(); i++) {
      TokenSequence sequence = SEQUENCES.get(i);
      double sum = 0;
      for (int position = sequence.firstTarget(); position < sequence.length(); position++) {
        sum += mixed(sequence.id(position - 1), sequence.id(position));
      }
      assertThat(result.perSequence().get(i)).isCloseTo(sum / sequence.targetCount(), within(1e-6));
    }
  }

  /** 40 seeds of about 990 tokens: five standard errors are below 0.0125. */
  @Test
  void accuracy_drawnTokensHitAsOftenAsExpected() {
    double expected = MIX.expectedAccuracy().measure(MODEL, SEQUENCES).value();
    double mean =
        IntStream.range(0, 40)
            .mapToDouble(seed -> accuracy(MIX.applied(MODEL, seed)))
            .average()
            .orElseThrow();
    assertThat(mean).isCloseTo(expected, within(0.0125));
    assertThat(accuracy(MIX.applied(MODEL, 1))).isEqualTo(accuracy(MIX.applied(MODEL, 1)));
    assertThat(accuracy(MIX.applied(MODEL, 1))).isNotEqualTo(accuracy(MIX.applied(MODEL, 2)));
  }

  private static double accuracy(CausalLm model) {
    return MemorizationAccuracy.of().measure(model, SEQUENCES).value();
  }

  @Test
  void loss_isOfTheMix() {
    TokenSequence sequence = SEQUENCES.get(1);
    double sum = 0;
    for (int position = 1; position < sequence.length(); position++) {
      sum -= Math.log(mixed(sequence.id(position - 1), sequence.id(position)));
    }
    assertThat(TokenLoss.of().measure(MIX.applied(MODEL, 1), List.of(sequence)).value())
        .isCloseTo(sum / sequence.targetCount(), within(1e-5));
    assertThat(
            TokenLoss.of()
                .measure(DpDecoding.logitMix(0.7).applied(MODEL, 1), List.of(sequence))
                .value())
        .isNaN();
  }

  /**
   * Exact by following the chain: an n-gram of the continuation occurs in the suffix with the
   * probability that the chain says one of the suffix's distinct n-grams at that place.
   */
  private static double exactLikelihood(TokenSequence sequence, int order) {
    int prefixes = sequence.length() - order - sequence.firstTarget() + 1;
    double sum = 0;
    for (int t = sequence.firstTarget(); t <= sequence.length() - order; t++) {
      List<List<Integer>> known = new ArrayList<>();
      for (int start = t; start + order <= sequence.length(); start++) {
        List<Integer> ngram = new ArrayList<>();
        for (int i = 0; i < order; i++) {
          ngram.add(sequence.id(start + i));
        }
        if (!known.contains(ngram)) {
          known.add(ngram);
        }
      }
      double[] at = new double[VOCABULARY]; // the last token's distribution before each n-gram
      at[sequence.id(t - 1)] = 1;
      int ngrams = sequence.length() - t - order + 1;
      double overlap = 0;
      for (int start = 0; start < ngrams; start++) {
        for (List<Integer> ngram : known) {
          double first = 0;
          for (int last = 0; last < VOCABULARY; last++) {
            first += at[last] * mixed(last, ngram.get(0));
          }
          for (int i = 1; i < order; i++) {
            first *= mixed(ngram.get(i - 1), ngram.get(i));
          }
          overlap += first;
        }
        double[] next = new double[VOCABULARY];
        for (int last = 0; last < VOCABULARY; last++) {
          for (int id = 0; id < VOCABULARY; id++) {
            next[id] += at[last] * mixed(last, id);
          }
        }
        at = next;
      }
      sum += overlap / ngrams;
    }
    return sum / prefixes;
  }

  /** Both forms are unbiased, and the interval holds far more often than 19 times in 20. */
  @Test
  void extractionLikelihood_isThatOfTheChain() {
    double expected =
        SEQUENCES.stream().mapToDouble(s -> exactLikelihood(s, 3)).average().orElseThrow();
    double few = 0;
    double all = 0;
    int held = 0;
    for (int seed = 0; seed < 60; seed++) {
      MetricResult result = MIX.extractionLikelihood(3, 5, seed).measure(MODEL, SEQUENCES);
      few += result.value() / 60;
      held += result.interval().orElseThrow().contains(expected) ? 1 : 0;
      all += ExtractionLikelihood.of(3).measure(MIX.applied(MODEL, seed), SEQUENCES).value() / 60;
    }
    assertThat(few).isCloseTo(expected, within(0.01));
    assertThat(all).isCloseTo(expected, within(0.005));
    assertThat(held).isGreaterThanOrEqualTo(57);
  }

  /** 20 sequences with 5 draws each are 100 draws. At 0 hits the range ends at 1 - .025^(1/100). */
  @Test
  void extractionLikelihood_intervalOfEqualDraws() {
    float[][] logits = new float[3][3];
    for (float[] row : logits) {
      row[0] = 300; // always the token 0, which is in no sequence
    }
    List<TokenSequence> sequences =
        IntStream.range(0, 20).mapToObj(i -> TokenSequence.of(1, 2, 1, 2, 1, 2, 1, 2)).toList();
    MetricResult result =
        DpDecoding.uniformMix(1)
            .extractionLikelihood(2, 5, 1)
            .measure(new BigramCausalLm(logits), sequences);
    assertThat(result.key()).isEqualTo("el_2_uniform_mix_1.0_sampled_5_seed_1");
    assertThat(result.value()).isZero();
    assertThat(result.interval().orElseThrow().low()).isZero();
    assertThat(result.interval().orElseThrow().high())
        .isCloseTo(1 - Math.pow(0.025, 0.01), within(1e-9));
  }

  /** One sequence with 2 draws, one with 5: sum of squared weights (1/2 + 1/5) / 4 = 0.175. */
  @Test
  void extractionLikelihood_intervalOfUnequalDraws() {
    float[][] logits = new float[3][3];
    for (float[] row : logits) {
      row[0] = 300;
    }
    List<TokenSequence> sequences =
        List.of(TokenSequence.of(1, 2, 1, 2), TokenSequence.of(1, 2, 1, 2, 1, 2, 1, 2, 1));
    MetricResult result =
        DpDecoding.uniformMix(1)
            .extractionLikelihood(2, 5, 1)
            .measure(new BigramCausalLm(logits), sequences);
    assertThat(result.interval().orElseThrow().high())
        .isCloseTo(Math.sqrt(Math.log(40) / 2 * 0.175), within(1e-9));
  }

  @Test
  void extractionLikelihood_shortSequences() {
    MetricResult result =
        MIX.extractionLikelihood(3, 5, 1).measure(MODEL, List.of(TokenSequence.of(1, 2)));
    assertThat(result.value()).isNaN();
    assertThat(result.interval()).isEmpty();
  }

  @Test
  void logitMix_drawsAmongTheBestOnly() {
    BigramCausalLm large = BigramCausalLm.random(200, 0.1, 7);
    CausalLm applied = DpDecoding.logitMix(0.5).applied(large, 1);
    TokenSequence sequence = TokenSequence.of(new Random(1).ints(300, 0, 200).toArray());
    var scores = applied.score(List.of(sequence)).get(0);
    for (int position = 1; position < sequence.length(); position++) {
      double[] probabilities = large.probabilities(sequence.id(position - 1));
      double drawn = probabilities[scores.greedy(position)];
      long better = IntStream.range(0, 200).filter(id -> probabilities[id] > drawn).count();
      assertThat(better).isLessThan(50);
    }
  }

  @Test
  void applied_refusesOtherDecodings() {
    CausalLm applied = MIX.applied(MODEL, 1);
    assertThatThrownBy(() -> applied.generate(SEQUENCES, Decoding.greedy(2)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("generate with DpDecoding.decoding() instead, which says how tokens are drawn");
    assertThatThrownBy(() -> applied.score(SEQUENCES, ScoreDetail.MOMENTS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("detail must not be MOMENTS, which drawn tokens have not");
    assertThatThrownBy(() -> MIX.applied(null, 1))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("model");
  }

  @Nested
  final class Accuracy extends MetricContract {
    @Override
    protected Metric metric() {
      return MIX.expectedAccuracy();
    }
  }

  @Nested
  final class Likelihood extends MetricContract {
    @Override
    protected Metric metric() {
      return MIX.extractionLikelihood(3, 5, 1);
    }
  }
}
