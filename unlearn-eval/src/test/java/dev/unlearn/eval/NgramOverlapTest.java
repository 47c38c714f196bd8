package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class NgramOverlapTest {
  private static final TokenSequence SEQUENCE = TokenSequence.of(0, 1, 2, 2, 0, 1);

  @Test
  void matches_repeatedNgram() {
    // 1 2, 2 0, 0 1 and 1 2 again; all occur in 1 2 2 0 1, and each occurrence counts.
    assertThat(new NgramOverlap(SEQUENCE, 2).matches(new int[] {1, 2, 0, 1, 2}, 1)).isEqualTo(4);
  }

  @Test
  void matches_ngramBeforeSuffixOnly() {
    // 1 2 begins at 1: it occurs in x[1:], not in x[2:]. 0 1 begins at 0 and at 4.
    NgramOverlap overlap = new NgramOverlap(SEQUENCE, 2);
    assertThat(overlap.matches(new int[] {1, 2}, 1)).isEqualTo(1);
    assertThat(overlap.matches(new int[] {1, 2}, 2)).isZero();
    assertThat(overlap.matches(new int[] {0, 1}, 4)).isEqualTo(1);
  }

  @Test
  void matches_continuationShorterThanOrder() {
    assertThat(new NgramOverlap(SEQUENCE, 3).matches(new int[] {1, 2}, 1)).isZero();
  }

  @Test
  void matches_orderLongerThanSequence() {
    assertThat(new NgramOverlap(SEQUENCE, 7).matches(new int[] {0, 1, 2, 2, 0, 1, 0}, 0)).isZero();
  }

  @Test
  void matches_equalHashes() {
    // As lists, (0, 31) and (1, 0) have one hash code.
    NgramOverlap overlap = new NgramOverlap(TokenSequence.of(0, 31), 2);
    assertThat(overlap.matches(new int[] {0, 31}, 0)).isEqualTo(1);
    assertThat(overlap.matches(new int[] {1, 0}, 0)).isZero();
  }

  @Test
  void matches_randomSequences() {
    Random random = new Random(3);
    for (int round = 0; round < 2000; round++) {
      int alphabet = 1 + random.nextInt(4);
      int[] ids = RandomSequences.ids(random, 1 + random.nextInt(20), alphabet);
      int[] continuation = RandomSequences.ids(random, random.nextInt(20), alphabet);
      int order = 1 + random.nextInt(5);
      int suffixStart = random.nextInt(ids.length + 1);

      int[] suffix = Arrays.copyOfRange(ids, suffixStart, ids.length);
      Set<List<Integer>> known = new HashSet<>(ngrams(suffix, order));
      long expected = ngrams(continuation, order).stream().filter(known::contains).count();
      assertThat(new NgramOverlap(TokenSequence.of(ids), order).matches(continuation, suffixStart))
          .isEqualTo((int) expected);
    }
  }

  static List<List<Integer>> ngrams(int[] ids, int order) {
    return IntStream.rangeClosed(0, ids.length - order)
        .mapToObj(start -> Ints.asList(Arrays.copyOfRange(ids, start, start + order)))
        .toList();
  }
}
