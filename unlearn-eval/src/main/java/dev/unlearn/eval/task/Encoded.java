package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.Optional;

/**
 * An item in tokens.
 *
 * @param answers for each answer, the sequences whose targets are scored for it
 * @param truncated whether anything was cut
 * @param prompt what to continue; empty if nothing is generated
 */
record Encoded(
    List<List<TokenSequence>> answers, boolean truncated, Optional<TokenSequence> prompt) {

  static Encoded of(List<RequestEncoder.Piece> pieces) {
    return new Encoded(
        pieces.stream().map(piece -> List.of(piece.sequence())).toList(),
        pieces.stream().anyMatch(RequestEncoder.Piece::truncated),
        Optional.empty());
  }

  Encoded withPrompt(RequestEncoder.Piece piece) {
    checkState(prompt.isEmpty(), "an item has one prompt");
    return new Encoded(answers, truncated || piece.truncated(), Optional.of(piece.sequence()));
  }

  List<TokenSequence> sequences() {
    return answers.stream().flatMap(List::stream).toList();
  }

  /** Returns the tokens to compute, a prompt that several answers begin with counted once. */
  long cost() {
    long tokens = 0;
    for (List<TokenSequence> answer : answers) {
      for (TokenSequence sequence : answer) {
        tokens += answers.size() == 1 ? sequence.length() : 1 + sequence.targetCount();
      }
    }
    long shared = answers.size() == 1 ? 0 : longest();
    return tokens + shared + prompt.map(TokenSequence::length).orElse(0);
  }

  int longest() {
    return sequences().stream().mapToInt(TokenSequence::length).max().orElse(0);
  }
}
