package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FakeCausalLmTest {
  /**
   * Five tokens: probabilities 1/2, 1/8, 1/8, 1/8, 1/8, that is ln p = -ln 2 and four times -3 ln
   * 2.
   */
  @Test
  void score_moments() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 3, 4, 0);
    TokenSequence sequence = TokenSequence.of(0, 1, 4).withPromptLength(1);

    TokenScores scores = model.score(List.of(sequence), ScoreDetail.MOMENTS).get(0);

    assertThat(scores.logProbability(1)).isCloseTo(-Math.log(2), within(1e-6));
    assertThat(scores.logProbability(2)).isCloseTo(-3 * Math.log(2), within(1e-6));
    assertThat(scores.meanLogProbability(2)).isCloseTo(-2 * Math.log(2), within(1e-6));
    assertThat(scores.logProbabilityVariance(2)).isCloseTo(Math.log(2) * Math.log(2), within(1e-6));
  }

  @Test
  void score_targetsOnly() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    TokenSequence sequence = TokenSequence.of(0, 1, 2, 2).withPromptLength(3);

    TokenScores scores = model.score(List.of(sequence), ScoreDetail.TARGETS).get(0);

    assertThat(scores.firstPosition()).isEqualTo(3);
    assertThat(scores.greedy(3)).isEqualTo(0);
    assertThat(scores.hasMoments()).isFalse();
    assertThat(model.score(List.of(sequence)).get(0).firstPosition()).isEqualTo(1);
  }
}
