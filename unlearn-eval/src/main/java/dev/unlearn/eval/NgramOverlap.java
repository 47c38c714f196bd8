package dev.unlearn.eval;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts which n-grams of a continuation occur in a suffix of the true sequence.
 *
 * <p>One index serves every suffix: an n-gram occurs in x[t:T] exactly if its last occurrence in x
 * begins at t or later. Keys are views of the ids, compared element by element.
 */
final class NgramOverlap {
  private final int order;
  private final Map<List<Integer>, Integer> lastStart = new HashMap<>();

  NgramOverlap(TokenSequence sequence, int order) {
    this.order = order;
    List<Integer> ids = Ints.asList(sequence.ids());
    for (int start = 0; start + order <= ids.size(); start++) {
      lastStart.put(ids.subList(start, start + order), start);
    }
  }

  /**
   * Returns the number of n-grams of the continuation, each occurrence counted, that occur anywhere
   * in the sequence from position {@code suffixStart} on.
   */
  int matches(int[] continuation, int suffixStart) {
    List<Integer> ids = Ints.asList(continuation);
    int matches = 0;
    for (int start = 0; start + order <= ids.size(); start++) {
      if (lastStart.getOrDefault(ids.subList(start, start + order), -1) >= suffixStart) {
        matches++;
      }
    }
    return matches;
  }
}
