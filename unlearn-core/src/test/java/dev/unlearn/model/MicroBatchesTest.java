package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MicroBatchesTest {
  @Test
  void byLength_longestFirst() {
    // Padded to the longest of the group: 9; then 5 5 = 10; then 3 2 1 = 9.
    assertThat(MicroBatches.byLength(lengths(3, 5, 1, 9, 2, 5), 10))
        .containsExactly(List.of(3), List.of(1, 5), List.of(0, 4, 2));
  }

  @Test
  void byLength_equalLengthsKeepTheirOrder() {
    assertThat(MicroBatches.byLength(lengths(4, 4, 4, 4, 4), 8))
        .containsExactly(List.of(0, 1), List.of(2, 3), List.of(4));
  }

  @Test
  void byLength_budgetIsReachedButNotPassed() {
    assertThat(MicroBatches.byLength(lengths(4, 4), 8)).hasSize(1);
    assertThat(MicroBatches.byLength(lengths(4, 4), 7)).hasSize(2);
  }

  @Test
  void byLength_longerThanTheBudgetIsAGroupOfItsOwn() {
    assertThat(MicroBatches.byLength(lengths(1, 100, 1), 3))
        .containsExactly(List.of(1), List.of(0, 2));
  }

  /** 3 times 200 tokens are worth a pass; 149 is less than three quarters of 200, 150 is not. */
  @Test
  void byLength_shortOnesArePaddedInSmallGroupsOnly() {
    assertThat(MicroBatches.byLength(lengths(200, 200, 200, 150, 149), 4096))
        .containsExactly(List.of(0, 1, 2, 3), List.of(4));
    assertThat(MicroBatches.byLength(lengths(200, 10, 10, 10), 4096))
        .containsExactly(List.of(0, 1, 2), List.of(3));
  }

  @Test
  void byLength_ofNothing() {
    assertThat(MicroBatches.byLength(List.of(), 1)).isEmpty();
  }

  @Test
  void byLength_randomLengths() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      List<TokenSequence> sequences = lengths(random.ints(40, 1, 30).toArray());
      int budget = 1 + random.nextInt(100);

      List<List<Integer>> groups = MicroBatches.byLength(sequences, budget);

      assertThat(groups.stream().flatMap(List::stream))
          .doesNotHaveDuplicates()
          .hasSize(sequences.size());
      assertThat(groups)
          .allMatch(
              group -> {
                int longest =
                    group.stream().mapToInt(i -> sequences.get(i).length()).max().getAsInt();
                return group.size() == 1 || group.size() * longest <= budget;
              });
    }
  }

  /** Choices of three questions: 60, 150 and 60 tokens to read; the last tokens are not. */
  @Test
  void toScore_choicesStayTogether() {
    List<TokenSequence> sequences = new ArrayList<>(PlainScores.choices(1, 5, 50, 6, 6));
    sequences.addAll(PlainScores.choices(2, 5, 50, 51, 51));
    sequences.addAll(PlainScores.choices(3, 5, 50, 6, 6));
    sequences.addAll(lengths(1));

    assertThat(MicroBatches.toScore(sequences, ScoreDetail.TARGETS))
        .containsExactly(List.of(2, 3, 0, 1, 4, 5, 6));
    assertThat(MicroBatches.toScore(sequences, ScoreDetail.ALL))
        .containsExactly(List.of(2, 3, 0, 1, 4, 5), List.of(6));
  }

  /** Branches of a row are at most as long as its prompt, 1000; two such rows are a batch. */
  @Test
  void toScore_moreChoicesThanOneRowTakes() {
    int[] targets = new int[90];
    Arrays.fill(targets, 51);

    List<List<Integer>> groups =
        MicroBatches.toScore(PlainScores.choices(4, 5, 1000, targets), ScoreDetail.TARGETS);

    assertThat(groups).extracting(List::size).containsExactly(40, 40, 10);
    assertThat(groups.stream().flatMap(List::stream)).isSorted().hasSize(90);
  }

  @Test
  void byLength_withoutBudget() {
    assertThatThrownBy(() -> MicroBatches.byLength(lengths(1), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("micro-batch tokens must be > 0, but was: 0");
  }

  private static List<TokenSequence> lengths(int... lengths) {
    return TestSequences.random(1, 5, lengths);
  }
}
