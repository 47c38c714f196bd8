package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Consecutive tokens of a document.
 *
 * @param from the position of the first
 * @param to the position behind the last
 */
public record TokenRange(int from, int to) {

  /** Checks the positions. */
  public TokenRange {
    checkArgument(from >= 0 && to > from, "range must be of tokens, but was: [%s, %s)", from, to);
  }

  /** Returns the number of tokens. */
  public int length() {
    return to - from;
  }
}
