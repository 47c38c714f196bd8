package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How often which token is drawn, by Pearson's chi-square test. */
final class TokenChooserDrawsTest {
  private static final int[] TOKENS = {0};
  private static final float[] LOGITS = {1, -1, 0.5f, 0, 2, -0.5f, 1.5f, -5};
  private static final int DRAWS = 100_000;

  /** What chi-square passes by chance once in a million, for 5 and for 35 degrees of freedom. */
  private static final double LIMIT_5 = 35.9;

  private static final double LIMIT_35 = 90.0;

  private final Candidates candidates = new Candidates();

  /** The six best at a temperature. */
  private static double[] expected(double temperature) {
    double[] weights = new double[LOGITS.length];
    for (int id : new int[] {0, 2, 3, 4, 5, 6}) {
      weights[id] = Math.exp(LOGITS[id] / temperature);
    }
    double total = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / total).toArray();
  }

  @Test
  void choose_manyOfOnePrompt() {
    TokenChooser chooser = chooser(1, 0);

    double[] counts = count(i -> choose(chooser));

    assertThat(chiSquare(counts, expected(0.8))).isLessThan(LIMIT_5);
  }

  /** The test itself would see a temperature that is wrong by 5 %. */
  @Test
  void choose_otherTemperatureWouldBeSeen() {
    TokenChooser chooser = chooser(1, 0);

    double[] counts = count(i -> choose(chooser));

    assertThat(chiSquare(counts, expected(0.84))).isGreaterThan(LIMIT_5);
    assertThat(chiSquare(counts, expected(0.76))).isGreaterThan(LIMIT_5);
  }

  @Test
  void choose_firstOfManyPrompts() {
    assertThat(chiSquare(count(i -> choose(chooser(1, i))), expected(0.8))).isLessThan(LIMIT_5);
  }

  @Test
  void choose_firstOfManySeeds() {
    assertThat(chiSquare(count(i -> choose(chooser(i, 1))), expected(0.8))).isLessThan(LIMIT_5);
  }

  /**
   * Pairs of the second token of a prompt and the first of the next, which would be the same were
   * one stream the other, shifted: all 36 combinations.
   */
  @Test
  void choose_promptsAreIndependent() {
    double[] expected = expected(0.8);
    int size = LOGITS.length;
    double[] pairs =
        IntStream.range(0, size * size)
            .mapToDouble(i -> expected[i / size] * expected[i % size])
            .toArray();
    double[] counts = new double[pairs.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[second(chooser(1, i)) * size + choose(chooser(1, i + 1))]++;
    }

    assertThat(chiSquare(counts, pairs)).isLessThan(LIMIT_35);
  }

  @Test
  void choose_sameSeedAndPrompt() {
    assertThat(chosen(chooser(5, 2))).isEqualTo(chosen(chooser(5, 2)));
  }

  @Test
  void choose_otherSeedOrPrompt() {
    assertThat(chosen(chooser(5, 2))).isNotEqualTo(chosen(chooser(5, 3)));
    assertThat(chosen(chooser(5, 2))).isNotEqualTo(chosen(chooser(6, 2)));
    assertThat(chosen(chooser(5, 2))).isNotEqualTo(chosen(chooser(2, 5)));
  }

  /** What a seed gives is to stay the same from version to version. */
  @Test
  void choose_ofSeed42() {
    assertThat(chosen(chooser(42, 0))).startsWith(4, 4, 4, 0, 4, 2, 6, 6, 4, 4);
    assertThat(chosen(chooser(42, 1))).startsWith(4, 4, 6, 4, 3, 4, 4, 4, 5, 3);
  }

  private TokenChooser chooser(long seed, int promptIndex) {
    Decoding decoding = Decoding.builder().newTokens(1).temperature(0.8).topK(6).seed(seed).build();
    return new TokenChooser(decoding, promptIndex, candidates);
  }

  private static int choose(TokenChooser chooser) {
    return chooser.choose(TOKENS, LOGITS.clone());
  }

  private static int second(TokenChooser chooser) {
    return IntStream.range(0, 2).map(i -> choose(chooser)).toArray()[1];
  }

  private static int[] chosen(TokenChooser chooser) {
    return IntStream.range(0, 50).map(i -> choose(chooser)).toArray();
  }

  private static double[] count(IntUnaryOperator draw) {
    double[] counts = new double[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[draw.applyAsInt(i)]++;
    }
    return counts;
  }

  private static double chiSquare(double[] counts, double[] probabilities) {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = probabilities[i] * DRAWS;
      if (expected == 0) {
        assertThat(counts[i]).as("draws of %s, which has the probability 0", i).isZero();
      } else {
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    return sum;
  }
}
