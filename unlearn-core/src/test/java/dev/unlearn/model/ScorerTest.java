package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.TokenScores;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class ScorerTest {
  private final TestNetwork network = new TestNetwork();

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void score_oneSequence() {
    assertPlain(network, TestSequences.random(1, 13, 10));
  }

  @Test
  void score_raggedEqualsOneAtATime() {
    assertPlain(network, TestSequences.random(2, 13, 3, 10, 1, 7, 7, 2));
  }

  /** A batch takes 4096 padded tokens, the head 139 rows of 60,000 logits. */
  @Test
  void score_severalBatchesAndPieces() {
    assertPlain(network, TestSequences.random(3, 13, new Random(3).ints(1000, 1, 11).toArray()));
    try (TestNetwork large =
        new TestNetwork(
            TestDecoders.spec(
                draft -> {
                  draft.vocabularySize = 60_000;
                  draft.contextLength = 100;
                }))) {
      assertPlain(large, TestSequences.random(4, 60_000, 100, 100, 99));
      assertThat(large.headRows).startsWith(139L, 139L, 22L);
    }
  }

  @Test
  void score_promptIsScoredToo() {
    TokenSequence sequence = TokenSequence.of(1, 2, 3, 4);

    TokenScores whole = new Scorer(network).score(List.of(sequence), 0).get(0);
    TokenScores prompted =
        new Scorer(network).score(List.of(sequence.withPromptLength(3)), 0).get(0);

    assertThat(prompted.logProbability(1)).isEqualTo(whole.logProbability(1));
    assertThat(prompted.negativeLogLikelihood()).isEqualTo(-whole.logProbability(3));
  }

  /**
   * On a thread that has them on, as every new one: a graph would be built and kept for nothing.
   */
  @Test
  void score_withoutGradients() {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      assertThat(new Scorer(network).score(List.of(TokenSequence.of(1, 2)), 0)).hasSize(1);
    }

    assertThat(network.gradientModes).isNotEmpty().containsOnly(false);
  }

  @Test
  void score_nothing() {
    assertThat(new Scorer(network).score(List.of(), 0)).isEmpty();
  }

  @Test
  void greedy_lowestIdAtATie() {
    try (TestNetwork flat = new TestNetwork()) {
      flat.parameters().get("embedding.token.weight").muli(0);

      TokenScores scores = new Scorer(flat).score(List.of(TokenSequence.of(5, 4, 3)), 0).get(0);

      assertThat(scores.greedy(1)).isEqualTo(0);
      assertThat(scores.greedy(2)).isEqualTo(0);
      assertThat(scores.logProbability(1)).isCloseTo(-Math.log(13), within(1e-6));
    }
  }

  /** Each sequence by itself, the log-softmax taken in doubles. */
  private static void assertPlain(TestNetwork network, List<TokenSequence> sequences) {
    List<TokenScores> scores = new Scorer(network).score(sequences, 0);

    assertThat(scores.stream().map(TokenScores::sequence)).isEqualTo(sequences);
    for (int i = 0; i < sequences.size(); i += Math.max(1, sequences.size() / 50)) {
      TokenSequence sequence = sequences.get(i);
      float[][] logits = logits(network, sequence);
      for (int t = 1; t < sequence.length(); t++) {
        float[] row = logits[t - 1];
        double sum = 0;
        int best = 0;
        for (int id = 0; id < row.length; id++) {
          sum += Math.exp(row[id]);
          best = row[id] > row[best] ? id : best;
        }
        assertThat(scores.get(i).logProbability(t))
            .isCloseTo(row[sequence.id(t)] - Math.log(sum), within(1e-5));
        assertThat(scores.get(i).greedy(t)).isEqualTo(best);
      }
    }
  }

  private static float[][] logits(Network network, TokenSequence sequence) {
    long[] ids = Arrays.stream(sequence.ids()).asLongStream().toArray();
    try (NDManager scope = network.manager().newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray array = scope.create(ids, new Shape(1, ids.length));
      NDArray hidden = network.hidden(array, array.onesLike(), null);
      float[] flat =
          Pieces.flatten(network.logits(Pieces.flatten(hidden)).expandDims(0)).toFloatArray();
      float[][] rows = new float[ids.length][];
      for (int i = 0; i < rows.length; i++) {
        int width = flat.length / rows.length;
        rows[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
      }
      return rows;
    }
  }
}
