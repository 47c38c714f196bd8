package dev.unlearn.training;

import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * The sequences of one update.
 *
 * @param forget sequences to forget, at least one
 * @param alternatives one for each of them, or none at all
 * @param retain sequences to keep; may be none
 * @hidden not API
 */
public record UpdateData(
    List<TokenSequence> forget, List<TokenSequence> alternatives, List<TokenSequence> retain) {

  /** Returns the tokens of all sequences. */
  long tokens() {
    return tokens(forget) + tokens(alternatives) + tokens(retain);
  }

  static long tokens(List<TokenSequence> sequences) {
    return sequences.stream().mapToLong(TokenSequence::length).sum();
  }

  static long targets(List<TokenSequence> sequences) {
    return sequences.stream().mapToLong(TokenSequence::targetCount).sum();
  }
}
