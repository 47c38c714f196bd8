package dev.unlearn.eval.extraction;

import com.google.common.primitives.Ints;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What two lists of token ids have in common. */
final class Ids {
  private Ids() {}

  /** Returns the length of the longest common subsequence, in time of the product of lengths. */
  static int common(int[] one, int[] other) {
    int[] best = new int[other.length + 1]; // of the part of one so far and each head of the other
    for (int id : one) {
      int diagonal = 0;
      for (int j = 1; j <= other.length; j++) {
        int above = best[j];
        best[j] = id == other[j - 1] ? diagonal + 1 : Math.max(above, best[j - 1]);
        diagonal = above;
      }
    }
    return best[other.length];
  }

  /** Returns the share of n-grams of the first, each occurrence counted, that are in the other. */
  static double sharedNgrams(int[] said, int[] truth, int order) {
    if (said.length < order || truth.length < order) {
      return Double.NaN;
    }
    Set<List<Integer>> known = new HashSet<>();
    for (int start = 0; start + order <= truth.length; start++) {
      known.add(ngram(truth, start, order));
    }
    int matches = 0;
    int ngramCount = said.length - order + 1;
    for (int start = 0; start < ngramCount; start++) {
      if (known.contains(ngram(said, start, order))) {
        matches++;
      }
    }
    return (double) matches / ngramCount;
  }

  private static List<Integer> ngram(int[] ids, int start, int order) {
    return Ints.asList(ids).subList(start, start + order);
  }
}
