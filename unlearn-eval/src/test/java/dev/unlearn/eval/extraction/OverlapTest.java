package dev.unlearn.eval.extraction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class OverlapTest {
  private static final int[] TRUTH = {1, 2, 3, 4};

  @Test
  void longestCommonSubsequence_byHand() {
    Overlap lcs = Overlap.longestCommonSubsequence();

    assertThat(lcs.key()).isEqualTo("lcs");
    assertThat(lcs.value(TRUTH, TRUTH)).isEqualTo(1);
    assertThat(lcs.value(new int[] {9, 1, 9, 3, 4}, TRUTH)).isEqualTo(0.75);
    assertThat(lcs.value(new int[] {4, 3, 2, 1}, TRUTH)).isEqualTo(0.25);
    assertThat(lcs.value(new int[] {}, TRUTH)).isEqualTo(0);
    assertThat(lcs.value(TRUTH, new int[] {})).isNaN();
  }

  @Test
  void longestCommonSubsequence_bruteForce() {
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      int[] one = random.ints(1 + random.nextInt(8), 0, 3).toArray();
      int[] other = random.ints(1 + random.nextInt(8), 0, 3).toArray();
      assertThat(Ids.common(one, other)).isEqualTo(longest(one, other));
    }
  }

  /** The longest choice of tokens of the first that can be found in the other in this order. */
  private static int longest(int[] one, int[] other) {
    int longest = 0;
    for (int subset = 0; subset < 1 << one.length; subset++) {
      int from = 0;
      boolean found = true;
      for (int i = 0; i < one.length && found; i++) {
        if ((subset >> i & 1) == 1) {
          while (from < other.length && other[from] != one[i]) {
            from++;
          }
          found = from < other.length;
          from++;
        }
      }
      longest = found ? Math.max(longest, Integer.bitCount(subset)) : longest;
    }
    return longest;
  }

  @Test
  void ngrams_byHand() {
    Overlap pairs = Overlap.ngrams(2);

    assertThat(pairs.key()).isEqualTo("overlap_2");
    // 2-3 twice of 2-3, 3-2, 2-3.
    assertThat(pairs.value(new int[] {2, 3, 2, 3}, TRUTH)).isEqualTo(2.0 / 3);
    assertThat(pairs.value(new int[] {2}, TRUTH)).isNaN();
    assertThat(pairs.value(TRUTH, new int[] {2})).isNaN();
    assertThatThrownBy(() -> Overlap.ngrams(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void verbatim_byHand() {
    assertThat(Overlap.verbatim().value(TRUTH, TRUTH.clone())).isEqualTo(1);
    assertThat(Overlap.verbatim().value(new int[] {1, 2, 3}, TRUTH)).isEqualTo(0);
    assertThat(Overlap.verbatim()).hasToString("verbatim");
  }

  @Test
  void of_yourOwn() {
    Overlap first = Overlap.of("first", (said, truth) -> said[0] == truth[0] ? 1 : 0);

    assertThat(first.key()).isEqualTo("first");
    assertThat(first.value(new int[] {1, 5}, TRUTH)).isEqualTo(1);
  }
}
