package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.baseline.DpDecoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RememberingModelTest {
  private static final List<TokenSequence> SEQUENCES =
      List.of(TokenSequence.of(0, 1, 2, 3, 1), TokenSequence.of(3, 3, 0, 2));

  private static final List<int[]> LENGTHS = List.of(new int[] {2}, new int[] {1, 3});

  private final FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 3, 0);
  private final RememberingModel remembering = new RememberingModel(model);

  @Test
  void continueGreedily_refusedCallsLeaveNothing() {
    List<TokenScores> scores = model.score(SEQUENCES);

    assertRefused(scores, 0, "order must be >= 1, but was: 0");
    assertRefused(List.of(), 2, "there must be prefix lengths and scores for each of 2 sequences");
    assertRefused(List.of(scores.get(1), scores.get(0)), 2, "scores at 0 must be of sequence 0");

    assertThat(remembering.continueGreedily(SEQUENCES, LENGTHS, 2).get(1).after(3))
        .isEqualTo(model.continueGreedily(SEQUENCES, LENGTHS, 2).get(1).after(3));
  }

  /** A model that has continued sequences is not asked for their choices again. */
  @Test
  void score_choicesCameWithContinuations() {
    assertThat(remembering.continueGreedily(SEQUENCES, LENGTHS, 2).get(0).scores()).isPresent();
    List<TokenScores> choices = remembering.score(SEQUENCES, ScoreDetail.CHOICES);

    assertThat(model.scorePasses()).isEqualTo(1);
    for (int i = 0; i < 2; i++) {
      TokenScores expected = FakeCausalLm.ofTable(1, 2, 3, 0).score(SEQUENCES).get(i);
      for (int position = 1; position < SEQUENCES.get(i).length(); position++) {
        assertThat(choices.get(i).greedy(position)).isEqualTo(expected.greedy(position));
      }
    }
  }

  /** Whatever a model returns answers the detail that it was asked for. */
  @Test
  void score_targetsWhereAllWasAsked() {
    List<TokenSequence> prompted = List.of(SEQUENCES.get(0).withPromptLength(3));
    RememberingModel less = new RememberingModel(DpDecoding.uniformMix(1).applied(model, 1));

    List<TokenScores> targets = less.score(prompted);

    assertThat(targets.get(0).firstPosition()).isEqualTo(3);
    assertThat(less.score(prompted)).isEqualTo(targets);
    assertThat(less.score(prompted, ScoreDetail.TARGETS)).isEqualTo(targets);
  }

  @Test
  void continueGreedily_lowerOrderLater() {
    List<GreedyContinuations> two = remembering.continueGreedily(SEQUENCES, LENGTHS, 2);
    List<GreedyContinuations> one = remembering.continueGreedily(SEQUENCES, LENGTHS, 1);
    List<GreedyContinuations> twoAgain = remembering.continueGreedily(SEQUENCES, LENGTHS, 2);

    assertThat(model.scorePasses()).isEqualTo(1);
    assertThat(model.continuing()).isEqualTo(2);
    assertThat(two).hasSize(2);
    List<GreedyContinuations> whole =
        FakeCausalLm.ofTable(1, 2, 3, 0).continueGreedily(SEQUENCES, LENGTHS);
    for (int length : LENGTHS.get(1)) {
      assertThat(one.get(1).after(length)).isEqualTo(whole.get(1).after(length));
      assertThat(twoAgain.get(1).after(length)).isSameAs(one.get(1).after(length));
    }
  }

  private void assertRefused(List<TokenScores> scores, int order, String message) {
    assertThatThrownBy(
            () ->
                remembering.continueGreedily(
                    SEQUENCES, LENGTHS, scores, order, DecodingListener.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }
}
