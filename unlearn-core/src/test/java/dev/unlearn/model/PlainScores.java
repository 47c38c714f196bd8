package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Scores from the logits of each sequence by itself, softmax and moments taken in doubles. */
public final class PlainScores {
  /** Sums in another order move logits by less than this. */
  private static final float NEAR = 1e-4f;

  private PlainScores() {}

  /** Scores sequences together and compares all of it. */
  public static void assertScored(
      TrainableCausalLm model, List<TokenSequence> sequences, ScoreDetail detail) {
    List<TokenScores> scores = model.score(sequences, detail);

    assertThat(scores).hasSameSizeAs(sequences);
    for (int i = 0; i < sequences.size(); i++) {
      assertThat(scores.get(i).sequence()).isSameAs(sequences.get(i));
      assertScored(model, scores.get(i), detail);
    }
  }

  private static void assertScored(
      TrainableCausalLm model, TokenScores scores, ScoreDetail detail) {
    TokenSequence sequence = scores.sequence();
    boolean whole = detail == ScoreDetail.ALL || detail == ScoreDetail.CHOICES;
    int first = whole ? 1 : sequence.firstTarget();
    assertThat(scores.firstPosition()).isEqualTo(first);
    assertThat(scores.hasMoments()).isEqualTo(detail == ScoreDetail.MOMENTS);
    if (first == sequence.length()) {
      return;
    }
    float[] logits = logits(model, sequence);
    int vocabulary = model.vocabularySize();
    for (int t = first; t < sequence.length(); t++) {
      float[] row = Arrays.copyOfRange(logits, (t - 1) * vocabulary, t * vocabulary);
      assertScored(scores, t, row);
    }
  }

  private static void assertScored(TokenScores scores, int t, float[] row) {
    double top = IntStream.range(0, row.length).mapToDouble(id -> row[id]).max().orElseThrow();
    double sum = 0;
    for (float logit : row) {
      sum += Math.exp(logit - top);
    }
    double logSum = top + Math.log(sum);
    assertThat(scores.logProbability(t))
        .as("position %s", t)
        .isCloseTo(row[scores.sequence().id(t)] - logSum, within(1e-5));
    assertThat(row[scores.greedy(t)]).as("position %s", t).isCloseTo((float) top, within(NEAR));
    if (!scores.hasMoments()) {
      return;
    }
    double mean = 0;
    for (float logit : row) {
      mean += Math.exp(logit - logSum) * (logit - logSum);
    }
    double variance = 0;
    for (float logit : row) {
      variance += Math.exp(logit - logSum) * Math.pow(logit - logSum - mean, 2);
    }
    assertThat(scores.meanLogProbability(t)).isCloseTo(mean, within(1e-5));
    assertThat(scores.logProbabilityVariance(t))
        .isCloseTo(variance, within(1e-5 * Math.max(1, variance)));
  }

  private static float[] logits(TrainableCausalLm model, TokenSequence sequence) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), List.of(sequence));
        NDArray logits = model.passWithoutGradients(batch).logits()) {
      return logits.toFloatArray();
    }
  }

  /**
   * Returns sequences that go on from one prompt of random ids.
   *
   * @param targets how many tokens each has behind it
   */
  public static List<TokenSequence> choices(
      long seed, int vocabularySize, int promptLength, int... targets) {
    Random random = new Random(seed);
    int[] prompt = random.ints(promptLength, 0, vocabularySize).toArray();
    return IntStream.of(targets)
        .mapToObj(
            count ->
                IntStream.concat(IntStream.of(prompt), random.ints(count, 0, vocabularySize))
                    .toArray())
        .map(ids -> TokenSequence.of(ids).withPromptLength(promptLength))
        .toList();
  }
}
