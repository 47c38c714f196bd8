package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TokenChooserTest {
  private static final float NONE = Float.NEGATIVE_INFINITY;
  private static final int[] TOKENS = {1, 0, 1};

  @Test
  void choose_greedy() {
    assertThat(greedy(NONE, -3, 2.5f, 2.4f)).isEqualTo(2);
    assertThat(greedy(NONE, -3, -2)).isEqualTo(2);
    assertThat(greedy(Float.MIN_VALUE, 1e-30f, Float.MAX_VALUE)).isEqualTo(2);
  }

  @Test
  void choose_greedyTakesTheLowestIdAtATie() {
    assertThat(greedy(NONE, 1, 7, 7, 3, 7)).isEqualTo(2);
    assertThat(greedy(-0f, 0f)).isEqualTo(0);
    assertThat(greedy(NONE, NONE, -Float.MAX_VALUE)).isEqualTo(2);
  }

  /** Id 1, which is there twice, from 3 to 1.5 once; id 0 from -1 to -2. */
  @Test
  void choose_penaltyOnceForEachIdThenTransform() {
    Decoding decoding =
        Decoding.builder()
            .newTokens(1)
            .repetitionPenalty(2)
            .logitsTransform(
                (tokens, logits) -> {
                  assertThat(tokens).isEqualTo(TOKENS);
                  assertThat(logits).containsExactly(-2, 1.5f, 2);
                  logits[0] = 9;
                })
            .build();
    float[] logits = {-1, 3, 2};

    assertThat(new TokenChooser(decoding, 0).choose(TOKENS, logits)).isEqualTo(0);
    assertThat(logits).containsExactly(9, 1.5f, 2);
  }

  @Test
  void choose_penaltyOfIdsWithoutLogit() {
    Decoding decoding = Decoding.builder().newTokens(1).repetitionPenalty(2).build();

    assertThat(new TokenChooser(decoding, 0).choose(new int[] {5, 2}, new float[] {1, 2, 3}))
        .isEqualTo(1);
  }

  @Test
  void choose_topKKeepsAllThatTieWithTheLast() {
    assertThat(probabilities(sampling().topK(2), 0, 1, 0, NONE, 5, 1))
        .containsExactly(softmax(NONE, 1, NONE, NONE, 5, 1));
    assertThat(probabilities(sampling().topK(2), -0f, 0f, 3)).containsExactly(softmax(0, 0, 3));
  }

  @Test
  void choose_topKBeyondTheVocabulary() {
    assertThat(probabilities(sampling().topK(7), NONE, 1, 3)).containsExactly(softmax(NONE, 1, 3));
  }

  /** Ten equal tokens: three have 0.3 together, four are needed for more. */
  @Test
  void choose_topPKeepsTheFewest() {
    float[] equal = new float[10];

    assertThat(probabilities(sampling().topP(0.3), equal)).containsExactly(thirds(10));
    assertThat(probabilities(sampling().topP(0.31), equal))
        .startsWith(0.25, 0.25, 0.25, 0.25)
        .endsWith(new double[6]);
    assertThat(probabilities(sampling().topP(0.01), 1, 2, 2)).containsExactly(0, 1, 0);
    assertThat(probabilities(sampling().topP(0.75), 0f, -0f, 0f, -0f))
        .containsExactly(1 / 3.0, 1 / 3.0, 1 / 3.0, 0);
  }

  /** Of all tokens, 3 have the probability 0.3; of the 6 that topK leaves, 0.5. */
  @Test
  void choose_topPOfWhatTopKLeaves() {
    float[] logits = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};

    assertThat(probabilities(sampling().topK(6).topP(0.5), logits)).containsExactly(thirds(10));
  }

  /** At p = 1 - 2^-53 rounding may keep the sum of parts from being reached. */
  @Test
  void choose_topPNextToOne() {
    float[] logits = floats(new Random(5), 1000, 3);

    double[] actual = probabilities(sampling().topP(Math.nextDown(1.0)), logits);

    assertThat(Arrays.stream(actual).filter(p -> p == 0).count()).isLessThanOrEqualTo(1);
  }

  /** The plain way, a full sort, on a vocabulary with many ties. */
  @Test
  void choose_cutsEqualASort() {
    Random random = new Random(17);
    for (int trial = 0; trial < 200; trial++) {
      float[] logits = floats(random, 500, 1 + trial % 7);
      for (int id = 0; trial % 2 == 0 && id < logits.length; id++) {
        logits[id] = Math.round(logits[id] * 4) / 4f;
      }
      int k = random.nextInt(500);
      double p = 0.01 + 0.98 * random.nextDouble();

      double[] actual = probabilities(sampling().topK(k).topP(p), logits);

      assertThat(kept(actual)).as("trial %s", trial).isEqualTo(keptBySorting(logits, k, p));
    }
  }

  @Test
  void choose_temperatureNextToZeroAndVeryHigh() {
    assertThat(probabilities(temperature(Double.MIN_VALUE), 1, 3, NONE, 2))
        .containsExactly(0, 1, 0, 0);
    assertThat(probabilities(temperature(Double.MAX_VALUE), 1, 3, NONE, 2))
        .containsExactly(1 / 3.0, 1 / 3.0, 0, 1 / 3.0);
  }

  @Test
  void choose_largestScores() {
    assertThat(probabilities(sampling(), -Float.MAX_VALUE, Float.MAX_VALUE, Float.MAX_VALUE))
        .containsExactly(0, 0.5, 0.5);
  }

  @Test
  void choose_sharedMemory() {
    Candidates candidates = new Candidates();
    Decoding decoding = sampling().topP(0.9).build();
    TokenChooser first = new TokenChooser(decoding, 0, candidates);
    TokenChooser second = new TokenChooser(decoding, 1, candidates);
    TokenChooser firstAlone = new TokenChooser(decoding, 0);
    TokenChooser secondAlone = new TokenChooser(decoding, 1);
    Random random = new Random(2);
    for (int i = 0; i < 50; i++) {
      float[] logits = floats(random, 3 + random.nextInt(40), 2);

      assertThat(first.choose(TOKENS, logits.clone()))
          .isEqualTo(firstAlone.choose(TOKENS, logits.clone()));
      assertThat(second.choose(TOKENS, logits.clone()))
          .isEqualTo(secondAlone.choose(TOKENS, logits.clone()));
    }
  }

  @Test
  void choose_nanOfTheModel() {
    assertThatThrownBy(() -> greedy(1, Float.NaN, 2))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits of the model must be finite or -Infinity, "
                + "but one for prompt 3 at length 3 was: NaN");
  }

  @Test
  void choose_infinityOfTheModel() {
    assertThatThrownBy(() -> choose(sampling(), 1, Float.POSITIVE_INFINITY))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits of the model must be finite or -Infinity, "
                + "but one for prompt 3 at length 3 was: Infinity");
  }

  @Test
  void choose_nothingPossibleForTheModel() {
    assertThatThrownBy(() -> choose(sampling(), NONE, NONE))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits of the model must not all be -Infinity, "
                + "but all for prompt 3 at length 3 were");
  }

  @Test
  void choose_penaltyOverflows() {
    assertThatThrownBy(
            () -> choose(Decoding.builder().newTokens(1).repetitionPenalty(0.5), 1, 3e38f))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits after repetitionPenalty must be finite or -Infinity, "
                + "but one for prompt 3 at length 3 was: Infinity");
  }

  @Test
  void choose_transformMakesNan() {
    assertThatThrownBy(
            () -> choose(sampling().logitsTransform((ids, logits) -> logits[1] = Float.NaN), 1, 2))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits after logitsTransform must be finite or -Infinity, "
                + "but one for prompt 3 at length 3 was: NaN");
  }

  @Test
  void choose_transformForbidsAll() {
    assertThatThrownBy(
            () -> choose(sampling().logitsTransform((ids, logits) -> Arrays.fill(logits, NONE)), 1))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "logits after logitsTransform must not all be -Infinity, "
                + "but all for prompt 3 at length 3 were");
  }

  private static Decoding.Builder sampling() {
    return temperature(1);
  }

  private static Decoding.Builder temperature(double temperature) {
    return Decoding.builder().newTokens(1).temperature(temperature);
  }

  private static int greedy(float... logits) {
    return choose(Decoding.builder().newTokens(1), logits);
  }

  private static int choose(Decoding.Builder decoding, float... logits) {
    return new TokenChooser(decoding.build(), 3).choose(TOKENS, logits);
  }

  private static double[] probabilities(Decoding.Builder decoding, float... logits) {
    Candidates candidates = new Candidates();
    int chosen = new TokenChooser(decoding.build(), 0, candidates).choose(TOKENS, logits.clone());
    double[] probabilities = candidates.probabilities(logits.length);
    assertThat(probabilities[chosen]).isPositive();
    return probabilities;
  }

  private static double[] softmax(float... logits) {
    float highest = logits[0];
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double[] weights = new double[logits.length];
    for (int id = 0; id < logits.length; id++) {
      weights[id] = Math.exp(logits[id] - highest);
    }
    double total = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / total).toArray();
  }

  private static double[] thirds(int size) {
    double[] thirds = new double[size];
    Arrays.fill(thirds, 0, 3, 1 / 3.0);
    return thirds;
  }

  private static float[] floats(Random random, int size, double scale) {
    float[] floats = new float[size];
    for (int id = 0; id < size; id++) {
      floats[id] = (float) (random.nextGaussian() * scale);
    }
    return floats;
  }

  private static int[] kept(double[] probabilities) {
    return IntStream.range(0, probabilities.length).filter(id -> probabilities[id] > 0).toArray();
  }

  private static int[] keptBySorting(float[] logits, int k, double p) {
    int[] best =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[b], logits[a]))
            .mapToInt(Integer::intValue)
            .toArray();
    int size = k == 0 ? best.length : k;
    while (size < best.length && logits[best[size]] == logits[best[size - 1]]) {
      size++;
    }
    double total = 0;
    for (int i = 0; i < size; i++) {
      total += Math.exp(logits[best[i]]);
    }
    double sum = 0;
    int count = 0;
    while (sum < p * total) {
      sum += Math.exp(logits[best[count]]);
      count++;
    }
    return Arrays.stream(best, 0, count).sorted().toArray();
  }
}
