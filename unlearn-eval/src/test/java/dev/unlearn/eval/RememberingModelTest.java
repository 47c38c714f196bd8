package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.DecodingListener;
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

  private void assertRefused(List<TokenScores> scores, int order, String message) {
    assertThatThrownBy(
            () ->
                remembering.continueGreedily(
                    SEQUENCES, LENGTHS, scores, order, DecodingListener.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }
}
