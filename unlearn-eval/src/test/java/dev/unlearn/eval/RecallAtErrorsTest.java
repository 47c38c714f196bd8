package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.eval.RecallAtErrors.Guess;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RecallAtErrorsTest {
  private static final List<Guess> GUESSES =
      List.of(
          new Guess(3, 0.1, true),
          new Guess(0, 0.9, true),
          new Guess(1, 0.8, false),
          new Guess(0, 0.7, true),
          new Guess(0, 0.6, false),
          new Guess(1, 0.5, true),
          new Guess(2, 0.4, false));

  @Test
  void recall_endsAtTheError() {
    assertThat(RecallAtErrors.of(1).recall(GUESSES, 4)).isEqualTo(0.25);
    // The second error is a wrong guess on an example that is solved.
    assertThat(RecallAtErrors.of(2).recall(GUESSES, 4)).isEqualTo(0.25);
    assertThat(RecallAtErrors.of(3).recall(GUESSES, 4)).isEqualTo(0.5);
  }

  @Test
  void recall_fewerErrors() {
    assertThat(RecallAtErrors.of(100).recall(GUESSES, 4)).isEqualTo(0.75);
    assertThat(RecallAtErrors.of(1).recall(List.of(), 4)).isZero();
  }

  @Test
  void recall_sameConfidence() {
    List<Guess> tied =
        List.of(new Guess(0, 1, true), new Guess(1, 1, false), new Guess(1, 1, true));
    assertThat(RecallAtErrors.of(1).recall(tied, 2)).isEqualTo(0.5);
  }

  @Test
  void recall_badArguments() {
    assertThatThrownBy(() -> RecallAtErrors.of(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("errors must be >= 1, but was: 0");
    assertThatThrownBy(() -> RecallAtErrors.of(1).recall(GUESSES, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("examples must be in [0, 3), but one was: 3");
    assertThatThrownBy(() -> RecallAtErrors.of(1).recall(List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("exampleCount must be >= 1, but was: 0");
    List<Guess> unsure = List.of(new Guess(0, Double.NaN, true));
    assertThatThrownBy(() -> RecallAtErrors.of(1).recall(unsure, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence of a guess must be a number, but one was: NaN");
  }
}
