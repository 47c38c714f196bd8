package dev.unlearn.eval.extraction;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;

/**
 * What a model is asked to continue, and how it should.
 *
 * @param text what it is given, followed by the true continuation
 * @param prefixLength how many tokens it is given, in [1, length)
 */
record Question(TokenSequence text, int prefixLength) {

  /** Returns the question how a text goes on that comes after other ids than its own. */
  static Question after(int[] prefix, TokenSequence sequence, int start) {
    int[] truth = sequence.ids(start, sequence.length());
    return new Question(TokenSequence.of(Ints.concat(prefix, truth)), prefix.length);
  }

  /** Returns the true continuation. */
  int[] truth() {
    return text.ids(prefixLength, text.length());
  }
}
