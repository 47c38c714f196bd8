package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GreedyRolloutsTest {
  // position | 0 1 2 3 4 5 6
  // true     | 7 1 2 3 4 5 6
  // greedy   |   1 9 3 8 5 6   wrong at 2 and 4
  private static final TokenSequence LONG = TokenSequence.of(7, 1, 2, 3, 4, 5, 6);
  private static final TokenScores OF_LONG = scores(LONG, 1, 9, 3, 8, 5, 6);
  // true     | 7 1 2
  // greedy   |   1 4   wrong at 2
  private static final TokenSequence SHORT = TokenSequence.of(7, 1, 2);
  private static final TokenScores OF_SHORT = scores(SHORT, 1, 4);

  @Test
  void rollouts_beginAtTheNextMiss() {
    // Prefixes 1 and 2 run into position 2, prefixes 3 and 4 into 4; 5 and 6 are all right.
    GreedyRollouts rollouts =
        GreedyRollouts.of(
            List.of(LONG, SHORT),
            List.of(new int[] {1, 2, 3, 4, 5, 6}, new int[] {1}),
            List.of(OF_LONG, OF_SHORT),
            1);
    assertThat(rollouts.rollouts())
        .containsExactly(new Rollout(0, 2, 9, 5), new Rollout(0, 4, 8, 3), new Rollout(1, 2, 4, 1));
  }

  @Test
  void rollouts_onlyOfPrefixesAskedFor() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(
            List.of(LONG, SHORT, LONG),
            List.of(new int[] {6, 5}, new int[0], new int[] {4, 3}),
            List.of(OF_LONG, OF_SHORT, OF_LONG),
            1);
    assertThat(rollouts.rollouts()).containsExactly(new Rollout(2, 4, 8, 3));
  }

  @Test
  void rollout_toStringTellsNoToken() {
    assertThat(new Rollout(1, 2, 9, 5)).hasToString("Rollout[sequence=1, position=2, newTokens=5]");
  }

  /** What can still come: the last n-gram begins at T - n, the others that are open before. */
  @ParameterizedTest
  @CsvSource({
    // order, decoded of (7 1) 9 2 3 4 5, how many of those are enough
    "1, 5",
    "2, 5", // the last two, 4 5, may be an n-gram as long as 4 alone occurs
    "3, 5", // 3 4 occurs
    "4, 5", // 2 3 4
    "5, 1", // 9 does not
    "6, 1", // 1 9 does not
    "8, 1", // longer than the sequence
  })
  void isOver_onceNoNgramCanCome(int order, int enough) {
    GreedyRollouts rollouts =
        GreedyRollouts.of(List.of(LONG), List.of(new int[] {2}), List.of(OF_LONG), order);
    int[] tokens = {9, 2, 3, 4, 5};
    for (int count = 1; count <= 5; count++) {
      assertThat(rollouts.isOver(0, tokens, count)).as("%s", count).isEqualTo(count >= enough);
    }
  }

  @Test
  void isOver_tokensThatDoNotFollowOneAnother() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(List.of(LONG), List.of(new int[] {2}), List.of(OF_LONG), 3);
    assertThat(rollouts.isOver(0, new int[] {9, 9, 3, 0, 0}, 3)).isFalse();
    assertThat(rollouts.isOver(0, new int[] {9, 9, 9, 0, 0}, 3)).isTrue();
    assertThat(rollouts.isOver(0, new int[] {9, 9, 3, 5, 0}, 4)).isTrue();
    assertThat(rollouts.isOver(0, new int[] {9, 9, 3, 4, 0}, 4)).isFalse();
  }

  @Test
  void join_rolloutsThatEndEarly() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(List.of(LONG), List.of(new int[] {1, 3}), List.of(OF_LONG), 4);
    GreedyContinuations joined = rollouts.join(List.of(new int[] {9, 90}, new int[] {8})).get(0);
    assertThat(joined.scores()).containsSame(OF_LONG);
    assertThat(joined.after(1)).containsExactly(1, 9, 90);
    assertThat(joined.after(3)).containsExactly(3, 8);
    assertThat(
            rollouts.join(List.of(new int[] {9, 2, 3, 4, 5}, new int[] {8, 9, 9})).get(0).after(3))
        .containsExactly(3, 8, 9, 9);
    assertThatThrownBy(() -> rollouts.join(List.of(new int[] {9, 2, 3, 4}, new int[] {8})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollout 0 must have 5 tokens, but had 4");
    assertThatThrownBy(() -> rollouts.join(List.of(new int[6], new int[] {8})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollout 0 must have 5 tokens, but had 6");
    assertThatThrownBy(() -> rollouts.join(List.of(new int[] {9, 90}, new int[0])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollout 1 must have 3 tokens, but had 0");
  }

  @Test
  void of_badOrder() {
    assertThatThrownBy(
            () -> GreedyRollouts.of(List.of(LONG), List.of(new int[] {1}), List.of(OF_LONG), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void join_trueTokensThenTheRollout() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(
            List.of(LONG, SHORT, LONG),
            List.of(new int[] {6, 1, 2, 3, 4}, new int[] {1}, new int[0]),
            List.of(OF_LONG, OF_SHORT, OF_LONG),
            1);
    List<GreedyContinuations> joined =
        rollouts.join(List.of(new int[] {9, 90, 91, 92, 93}, new int[] {8, 80, 81}, new int[] {4}));
    GreedyContinuations ofLong = joined.get(0);
    assertThat(ofLong.prefixLengths()).containsExactly(1, 2, 3, 4, 6);
    assertThat(ofLong.after(1)).containsExactly(1, 9, 90, 91, 92, 93);
    assertThat(ofLong.after(2)).containsExactly(9, 90, 91, 92, 93);
    assertThat(ofLong.after(3)).containsExactly(3, 8, 80, 81);
    assertThat(ofLong.after(4)).containsExactly(8, 80, 81);
    assertThat(ofLong.after(6)).containsExactly(6);
    assertThat(joined.get(1).after(1)).containsExactly(1, 4);
    assertThat(joined.get(2).prefixLengths()).isEmpty();
  }

  @Test
  void join_nothingToDecode() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(List.of(LONG), List.of(new int[] {5}), List.of(OF_LONG), 1);
    assertThat(rollouts.rollouts()).isEmpty();
    assertThat(rollouts.join(List.of()).get(0).after(5)).containsExactly(5, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3})
  void of_badPrefixLength(int prefixLength) {
    List<int[]> prefixLengths = List.of(new int[] {1}, new int[] {2, prefixLength});
    assertThatThrownBy(
            () ->
                GreedyRollouts.of(
                    List.of(LONG, SHORT), prefixLengths, List.of(OF_LONG, OF_SHORT), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("prefix lengths of sequence 1 must be in [1, 3), but one was: " + prefixLength);
    assertThatThrownBy(() -> GreedyRollouts.check(List.of(LONG, SHORT), prefixLengths, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("prefix lengths of sequence 1 must be in [1, 3), but one was: " + prefixLength);
  }

  @Test
  void check_sizesAndOrder() {
    List<int[]> one = List.of(new int[] {1});
    GreedyRollouts.check(List.of(LONG), one, 1);

    assertThatThrownBy(() -> GreedyRollouts.check(List.of(LONG, SHORT), one, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be prefix lengths for each of 2 sequences, but there were for 1");
    assertThatThrownBy(() -> GreedyRollouts.check(List.of(LONG), one, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void of_listsOfOtherSizes() {
    assertThatThrownBy(
            () -> GreedyRollouts.of(List.of(LONG, SHORT), List.of(new int[] {1}), List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there must be prefix lengths and scores for each of 2 sequences, but there were for"
                + " 1 and 0");
  }

  @Test
  void of_scoresOfAnotherSequence() {
    TokenSequence other = TokenSequence.of(7, 1, 3);
    assertThatThrownBy(
            () ->
                GreedyRollouts.of(
                    List.of(LONG, other),
                    List.of(new int[] {1}, new int[0]),
                    List.of(OF_LONG, OF_SHORT),
                    1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scores at 1 must be of sequence 1");
  }

  @Test
  void join_notEveryRollout() {
    GreedyRollouts rollouts =
        GreedyRollouts.of(List.of(LONG), List.of(new int[] {1, 3}), List.of(OF_LONG), 1);
    assertThatThrownBy(() -> rollouts.join(List.of(new int[5])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be tokens of each of 2 rollouts, but there were of 1");
    assertThatThrownBy(() -> rollouts.join(List.of(new int[5], new int[2])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollout 1 must have 3 tokens, but had 2");
  }

  private static TokenScores scores(TokenSequence sequence, int... greedy) {
    return new TokenScores(sequence, new float[greedy.length], greedy);
  }
}
