package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.model.generation.BatchPlan.Range;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BatchPlanTest {
  private static final int ANY = Integer.MAX_VALUE;

  @Test
  void groups_asManyAsTheBudgetHolds() {
    // 10 bytes a token, 3 tokens each: 30 bytes, of which 100 hold three.
    assertThat(new BatchPlan(10, 100).groups(7, i -> 3, 0, ANY))
        .containsExactly(new Range(0, 3), new Range(3, 6), new Range(6, 7));
  }

  @Test
  void groups_exactlyTheBudget() {
    assertThat(new BatchPlan(10, 90).groups(3, i -> 3, 0, ANY)).containsExactly(new Range(0, 3));
    assertThat(new BatchPlan(10, 89).groups(3, i -> 3, 0, ANY))
        .containsExactly(new Range(0, 2), new Range(2, 3));
  }

  @Test
  void groups_bytesOfElementsBesides() {
    // 3 tokens of 10 bytes and 20 more: 50.
    assertThat(new BatchPlan(10, 100).groups(3, i -> 3, 20, ANY))
        .containsExactly(new Range(0, 2), new Range(2, 3));
  }

  /** Rows of a batch have the length of the longest. */
  @Test
  void groups_eachTakesAsMuchAsTheLargest() {
    int[] tokens = {1, 1, 1, 4, 1, 1, 1};
    // Four of 4 tokens are 16; the next group begins anew with 1 token.
    assertThat(new BatchPlan(1, 16).groups(7, i -> tokens[i], 0, ANY))
        .containsExactly(new Range(0, 4), new Range(4, 7));
    // With 15, three of 1 token; then three of 4 tokens are 12, four are 16.
    assertThat(new BatchPlan(1, 15).groups(7, i -> tokens[i], 0, ANY))
        .containsExactly(new Range(0, 3), new Range(3, 6), new Range(6, 7));
  }

  @Test
  void groups_oneEachWhateverTheBudget() {
    List<Range> each = List.of(new Range(0, 1), new Range(1, 2));
    assertThat(new BatchPlan(10, 1).groups(2, i -> 3, 0, ANY)).isEqualTo(each);
    assertThat(new BatchPlan(10, 0).groups(2, i -> 3, 0, ANY)).isEqualTo(each);
  }

  @Test
  void groups_atMostSoMany() {
    assertThat(new BatchPlan(1, 1000).groups(5, i -> 1, 0, 2))
        .containsExactly(new Range(0, 2), new Range(2, 4), new Range(4, 5));
  }

  @Test
  void groups_ofNothing() {
    assertThat(new BatchPlan(1, 1000).groups(0, i -> 1, 0, 2)).isEmpty();
    assertThat(new BatchPlan(1, 10).groups(4, i -> 0, 0, ANY)).containsExactly(new Range(0, 4));
  }

  /** More bytes than an int counts. */
  @Test
  void groups_largeNumbers() {
    int tokens = 2_000_000_000;
    assertThat(new BatchPlan(1L << 20, Long.MAX_VALUE).groups(3, i -> tokens, 1 << 18, ANY))
        .containsExactly(new Range(0, 3));
    assertThat(new BatchPlan(1L << 20, 1L << 52).groups(5, i -> tokens, 1 << 18, ANY))
        .containsExactly(new Range(0, 2), new Range(2, 4), new Range(4, 5));
  }
}
