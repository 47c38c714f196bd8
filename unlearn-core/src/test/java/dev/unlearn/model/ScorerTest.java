package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Collections;
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
      assertThat(large.headRows).startsWith(139L, 139L, 18L);
    }
  }

  /** 664 states at a time and 512 ids: two pieces, ten blocks. Some prompts are shared. */
  @Test
  void score_fromTheMatrixOfTheHead() {
    try (TestNetwork large =
        new TestNetwork(
            TestDecoders.spec(
                draft -> {
                  draft.vocabularySize = 5000;
                  draft.contextLength = 100;
                }))) {
      large.tellsMatrix = true;
      List<TokenSequence> sequences =
          new ArrayList<>(TestSequences.random(4, 5000, 100, 99, 98, 100, 97, 100, 100, 100));
      sequences.addAll(PlainScores.choices(5, 13, 6, 3, 1));

      assertThat(new Scorer(large).score(sequences, ScoreDetail.TARGETS, 0)).hasSize(10);

      assertThat(large.headRows).isEmpty();
      assertScored(large, sequences, ScoreDetail.TARGETS);
    }
  }

  @Test
  void score_promptIsScoredToo() {
    TokenSequence sequence = TokenSequence.of(1, 2, 3, 4);

    TokenScores whole = new Scorer(network).score(List.of(sequence), ScoreDetail.ALL, 0).get(0);
    TokenScores prompted =
        new Scorer(network).score(List.of(sequence.withPromptLength(3)), ScoreDetail.ALL, 0).get(0);

    assertThat(prompted.logProbability(1)).isEqualTo(whole.logProbability(1));
    assertThat(prompted.negativeLogLikelihood()).isEqualTo(-whole.logProbability(3));
  }

  @Test
  void score_targetsOnlyMeetTheHead() {
    List<TokenSequence> sequences = new ArrayList<>(PlainScores.choices(5, 13, 6, 3, 1));
    sequences.addAll(TestSequences.random(6, 13, 1, 4));

    assertScored(network, sequences, ScoreDetail.TARGETS);

    assertThat(network.headRows).startsWith(3L + 1 + 3);
  }

  /** Four choices: the prompt's last state predicts all of their first tokens. */
  @Test
  void score_sharedPromptIsReadOnce() {
    try (TestNetwork keeping = TestNetwork.keeping(TestDecoders.spec(draft -> {}))) {
      assertScored(keeping, PlainScores.choices(7, 13, 6, 3, 1, 4, 2), ScoreDetail.TARGETS);

      assertThat(keeping.branchedShapes).containsExactly(new Shape(1, 6 + 2 + 0 + 3 + 1));
      assertThat(keeping.headRows).startsWith(1L + 2 + 0 + 3 + 1);
    }
  }

  /** What each predicts has no column, so the row is a plain one. */
  @Test
  void score_sharedPromptOfSingleTokens() {
    try (TestNetwork keeping = TestNetwork.keeping(TestDecoders.spec(draft -> {}))) {
      assertScored(keeping, PlainScores.choices(8, 13, 9, 1, 1, 1), ScoreDetail.MOMENTS);

      assertThat(keeping.branchedShapes).isEmpty();
      assertThat(keeping.headRows).startsWith(1L);
    }
  }

  @Test
  void score_allIsNotShared() {
    try (TestNetwork keeping = TestNetwork.keeping(TestDecoders.spec(draft -> {}))) {
      assertScored(keeping, PlainScores.choices(9, 13, 6, 3, 4), ScoreDetail.ALL);

      assertThat(keeping.branchedShapes).isEmpty();
    }
  }

  /** 150 choices with 256 tokens to read in each row; 139 rows of the head at once. */
  @Test
  void score_manyRowsAndPiecesOfSharedPrompts() {
    DecoderSpec spec = TestDecoders.spec(draft -> draft.vocabularySize = 60_000);
    int[] targets = new Random(10).ints(150, 1, 7).toArray();
    try (TestNetwork keeping = TestNetwork.keeping(spec)) {
      List<TokenSequence> sequences = new ArrayList<>(PlainScores.choices(11, 60_000, 4, targets));
      sequences.addAll(PlainScores.choices(12, 60_000, 3, 6, 2, 4));
      Collections.shuffle(sequences, new Random(13));

      assertScored(keeping, sequences, ScoreDetail.TARGETS);

      assertThat(keeping.branchedShapes).hasSizeGreaterThan(1);
      assertThat(keeping.headRows).contains(139L);
    }
  }

  /**
   * On a thread that has them on, as every new one: a graph would be built and kept for nothing.
   */
  @Test
  void score_withoutGradients() {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      assertThat(new Scorer(network).score(List.of(TokenSequence.of(1, 2)), ScoreDetail.ALL, 0))
          .hasSize(1);
    }

    assertThat(network.gradientModes).isNotEmpty().containsOnly(false);
  }

  @Test
  void score_nothing() {
    assertThat(new Scorer(network).score(List.of(), ScoreDetail.ALL, 0)).isEmpty();
  }

  @Test
  void greedy_lowestIdAtATie() {
    try (TestNetwork flat = new TestNetwork()) {
      flat.parameters().get("embedding.token.weight").muli(0);

      TokenScores scores =
          new Scorer(flat).score(List.of(TokenSequence.of(5, 4, 3)), ScoreDetail.ALL, 0).get(0);

      assertThat(scores.greedy(1)).isEqualTo(0);
      assertThat(scores.greedy(2)).isEqualTo(0);
      assertThat(scores.logProbability(1)).isCloseTo(-Math.log(13), within(1e-6));
    }
  }

  private static void assertPlain(TestNetwork network, List<TokenSequence> sequences) {
    assertScored(network, sequences, ScoreDetail.ALL);
  }

  private static void assertScored(
      TestNetwork network, List<TokenSequence> sequences, ScoreDetail detail) {
    PlainScores.assertScored(network.model(), sequences, detail);
  }
}
