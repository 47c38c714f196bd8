package dev.unlearn.model.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Cuts work into groups that fit into memory. A group has at least one element: a budget too small
 * makes decoding slow, not impossible.
 */
final class BatchPlan {
  /** More rows do not make a matrix product faster. */
  static final int MAX_ROWS = 512;

  private final long bytesPerToken;
  private final long budget;

  /**
   * Creates a plan.
   *
   * @param bytesPerToken of a token that is kept
   * @param budget bytes that a group may take
   */
  BatchPlan(long bytesPerToken, long budget) {
    this.bytesPerToken = bytesPerToken;
    this.budget = budget;
  }

  /**
   * Returns what a row takes besides its tokens: what it has as long as it is there, activations,
   * scores of the vocabulary and of the tokens it attends to.
   *
   * @param length the most tokens a row attends to
   */
  static long bytesPerRow(DecodableNetwork network, int length) {
    return network.bytesPerRow()
        + network.bytesPerComputedToken()
        + (Float.BYTES + 1L) * network.vocabularySize()
        + network.bytesPerSeenToken() * length;
  }

  /** A range of elements. */
  record Range(int begin, int end) {}

  /**
   * Groups neighbors, all of which take as much as the largest of them.
   *
   * @param tokens how many tokens are kept of an element
   * @param bytesPerElement what an element takes besides
   * @param maxSize the most elements of a group
   */
  List<Range> groups(int count, IntUnaryOperator tokens, long bytesPerElement, int maxSize) {
    List<Range> groups = new ArrayList<>();
    int begin = 0;
    long largest = 0;
    for (int i = 0; i < count; i++) {
      long bytes = bytesPerToken * tokens.applyAsInt(i) + bytesPerElement;
      largest = i == begin ? bytes : Math.max(largest, bytes);
      boolean full = i - begin == maxSize || largest > budget / (i - begin + 1);
      if (full && i > begin) {
        groups.add(new Range(begin, i));
        begin = i;
        largest = bytes;
      }
    }
    if (begin < count) {
      groups.add(new Range(begin, count));
    }
    return groups;
  }
}
