package dev.unlearn.eval.extraction;

import dev.unlearn.api.TokenSequence;

/** Where what comes before ends and what is to be extracted begins. */
final class Cut {
  private Cut() {}

  /** Returns the length of the prompt, or of the first half where there is none; at least 1. */
  static int of(TokenSequence sequence) {
    int promptLength = sequence.promptLength();
    return promptLength > 0 ? promptLength : Math.max(1, sequence.length() / 2);
  }
}
