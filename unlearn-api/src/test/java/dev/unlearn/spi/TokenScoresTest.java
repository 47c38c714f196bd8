package dev.unlearn.spi;

import static dev.unlearn.spi.ScoreDetail.ALL;
import static dev.unlearn.spi.ScoreDetail.CHOICES;
import static dev.unlearn.spi.ScoreDetail.MOMENTS;
import static dev.unlearn.spi.ScoreDetail.TARGETS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TokenScoresTest {
  private static final TokenSequence SEQUENCE = TokenSequence.of(4, 5, 6, 7);
  private static final TokenScores SCORES = scores(SEQUENCE);

  @Test
  void positions_countFromOne() {
    assertThat(SCORES.sequence()).isSameAs(SEQUENCE);
    assertThat(SCORES.logProbability(1)).isEqualTo(-1);
    assertThat(SCORES.logProbability(3)).isEqualTo(-4);
    assertThat(SCORES.greedy(2)).isEqualTo(9);
    assertThat(SCORES.hit(1)).isTrue();
    assertThat(SCORES.hit(2)).isFalse();
    assertThat(SCORES.hit(3)).isTrue();
  }

  @Test
  void negativeLogLikelihood_targetsOnly() {
    assertThat(SCORES.negativeLogLikelihood()).isEqualTo(1 + 2 + 4);
    assertThat(scores(SEQUENCE.withPromptLength(2)).negativeLogLikelihood()).isEqualTo(2 + 4);
    assertThat(scores(SEQUENCE.withPromptLength(3)).negativeLogLikelihood()).isEqualTo(4);
  }

  @Test
  void create_arraysChangedLater() {
    float[] logProbabilities = {-1};
    int[] greedy = {5};
    TokenScores scores = new TokenScores(TokenSequence.of(4, 5), logProbabilities, greedy);
    logProbabilities[0] = -9;
    greedy[0] = 9;
    assertThat(scores.logProbability(1)).isEqualTo(-1);
    assertThat(scores.greedy(1)).isEqualTo(5);
  }

  @Test
  void create_wrongLength() {
    assertThatThrownBy(() -> new TokenScores(SEQUENCE, new float[3], new int[4]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "scores of a sequence of 4 tokens, 3 of them targets, must have 3 elements or one per"
                + " target, but had 3 and 4");
    assertThatThrownBy(
            () -> new TokenScores(SEQUENCE.withPromptLength(2), new float[1], new int[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "scores of a sequence of 4 tokens, 2 of them targets, must have 3 elements or one per"
                + " target, but had 1 and 1");
  }

  @Test
  void create_targetsOnly() {
    TokenScores scores =
        new TokenScores(SEQUENCE.withPromptLength(2), new float[] {-2, -4}, new int[] {9, 7});
    assertThat(scores.firstPosition()).isEqualTo(2);
    assertThat(scores.logProbability(2)).isEqualTo(-2);
    assertThat(scores.hit(3)).isTrue();
    assertThat(scores.negativeLogLikelihood()).isEqualTo(6);
    assertThatThrownBy(() -> scores.greedy(1))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("position must be in [2, 4), but was: 1");
  }

  @Test
  void moments_atTheirPositions() {
    TokenScores scores = SCORES.withMoments(new float[] {-0.5f, -1, -2}, new float[] {0.25f, 1, 4});
    assertThat(scores.hasMoments()).isTrue();
    assertThat(scores.meanLogProbability(2)).isEqualTo(-1);
    assertThat(scores.logProbabilityVariance(3)).isEqualTo(4);
    assertThat(scores.logProbability(1)).isEqualTo(-1);
  }

  @Test
  void moments_notAskedFor() {
    assertThat(SCORES.hasMoments()).isFalse();
    assertThatThrownBy(() -> SCORES.meanLogProbability(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("scores have no moments; ask for ScoreDetail.MOMENTS");
  }

  @Test
  void moments_wrongLength() {
    assertThatThrownBy(() -> SCORES.withMoments(new float[3], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("moments must have 3 elements, one for each position scored, but had 3 and 2");
  }

  @Test
  void ofChoices_noMore() {
    int[] greedy = {5, 9, 7};
    TokenScores choices = TokenScores.ofChoices(SEQUENCE, greedy);
    greedy[0] = 9;

    assertThat(choices.hit(1)).isTrue();
    assertThat(choices.greedy(2)).isEqualTo(9);
    String message = "scores have no log-probabilities; ask for ScoreDetail.ALL";
    assertThatThrownBy(() -> choices.logProbability(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(message);
    assertThatThrownBy(choices::negativeLogLikelihood)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> TokenScores.ofChoices(SEQUENCE, new int[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must have 3 elements or one per target, but had 2 and 2");
  }

  @Test
  void has_whatADetailAsksFor() {
    TokenSequence prompted = SEQUENCE.withPromptLength(2);
    TokenScores ofTargets = new TokenScores(prompted, new float[2], new int[2]);
    TokenScores moments = ofTargets.withMoments(new float[2], new float[2]);

    assertThat(details(SCORES)).containsExactly(TARGETS, ALL, CHOICES);
    assertThat(details(TokenScores.ofChoices(SEQUENCE, new int[3]))).containsExactly(CHOICES);
    assertThat(details(TokenScores.ofChoices(prompted, new int[2]))).isEmpty();
    assertThat(details(ofTargets)).containsExactly(TARGETS);
    assertThat(details(moments)).containsExactly(TARGETS, MOMENTS);
    assertThat(Arrays.stream(ScoreDetail.values()).filter(ScoreDetail::coversPrompt))
        .containsExactly(ALL, CHOICES);
  }

  private static List<ScoreDetail> details(TokenScores scores) {
    return Arrays.stream(ScoreDetail.values()).filter(scores::has).toList();
  }

  @Test
  void create_oneToken() {
    TokenScores scores = new TokenScores(TokenSequence.of(4), new float[0], new int[0]);
    assertThat(scores.negativeLogLikelihood()).isZero();
  }

  @Test
  void toString_withoutIds() {
    TokenScores scores =
        new TokenScores(TokenSequence.of(31337, 31338), new float[1], new int[] {31339});
    assertThat((Object) scores).asString().doesNotContain("3133");
  }

  private static TokenScores scores(TokenSequence sequence) {
    return new TokenScores(sequence, new float[] {-1, -2, -4}, new int[] {5, 9, 7});
  }
}
