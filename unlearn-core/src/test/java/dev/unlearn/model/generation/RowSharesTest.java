package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RowSharesTest {
  @Test
  void of_wholeSequencesWhereTheyAreEven() {
    int[] sequences = {7, 3, 7, 3, 3};
    int[] tokens = {6, 5, 4, 3, 2};

    assertThat(RowShares.of(sequences, tokens, 2)).isDeepEqualTo(new int[][] {{1, 3, 4}, {0, 2}});
  }

  /** 12 tokens: three threads have four each, though one sequence has eight of them. */
  @Test
  void of_sharesALongSequence() {
    int[] sequences = {0, 1, 1, 1, 1, 2};
    int[] tokens = {3, 2, 2, 2, 2, 1};

    assertThat(RowShares.of(sequences, tokens, 3))
        .isDeepEqualTo(new int[][] {{0, 1}, {2, 3}, {4, 5}});
  }

  @Test
  void of_oneThreadHasAll() {
    assertThat(RowShares.of(new int[] {1, 0, 1}, new int[] {3, 2, 1}, 1))
        .isDeepEqualTo(new int[][] {{0, 1, 2}});
  }

  @Test
  void of_moreThreadsThanRows() {
    assertThat(RowShares.of(new int[] {0}, new int[] {9}, 3))
        .isDeepEqualTo(new int[][] {{0}, {}, {}});
  }

  @Test
  void of_nothing() {
    assertThat(RowShares.of(new int[0], new int[0], 2)).isDeepEqualTo(new int[][] {{}, {}});
  }

  /** Each row once, no share beyond half by more than a row, one sequence in two at most. */
  @Test
  void of_manyRows() {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int count = 1 + random.nextInt(100);
      int[] sequences = random.ints(count, 0, 8).toArray();
      int[] tokens = random.ints(count, 1, 200).toArray();

      int[][] shares = RowShares.of(sequences, tokens, 2);

      assertThat(Arrays.stream(shares).flatMapToInt(IntStream::of).sorted().toArray())
          .isEqualTo(IntStream.range(0, count).toArray());
      assertThat(shares[0]).isSorted();
      assertThat(shares[1]).isSorted();
      int first = IntStream.of(shares[0]).map(row -> tokens[row]).sum();
      int second = IntStream.of(shares[1]).map(row -> tokens[row]).sum();
      assertThat(Math.abs(first - second)).isLessThanOrEqualTo(2 * 199);
      assertThat(
              IntStream.range(0, 8)
                  .filter(s -> IntStream.of(shares[0]).anyMatch(row -> sequences[row] == s))
                  .filter(s -> IntStream.of(shares[1]).anyMatch(row -> sequences[row] == s)))
          .hasSizeLessThanOrEqualTo(1);
    }
  }
}
