package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The sequences to forget, in the caller's order; results are reported by index into it.
 *
 * <p>{@code toString} shows sizes only.
 */
public final class ForgetSet {
  private final List<TokenSequence> sequences;
  private final List<List<TokenSequence>> alternatives;

  private ForgetSet(List<TokenSequence> sequences, List<List<TokenSequence>> alternatives) {
    this.sequences = sequences;
    this.alternatives = alternatives;
  }

  /**
   * Returns a forget set of the given sequences.
   *
   * @throws IllegalArgumentException if there is none, or one has no target token
   */
  public static ForgetSet of(List<TokenSequence> sequences) {
    checkArgument(
        !requireNonNull(sequences, "sequences").isEmpty(),
        "a forget set must hold at least one sequence, but was empty");
    List<TokenSequence> copy = List.copyOf(sequences);
    for (int index = 0; index < copy.size(); index++) {
      checkArgument(
          copy.get(index).targetCount() > 0,
          "sequence %s has no target: its length (%s) must be > 1, so that a token can be"
              + " predicted from another",
          index,
          copy.get(index).length());
    }
    return new ForgetSet(copy, List.of());
  }

  /** Returns a forget set of the given sequences; see {@link #of(List)}. */
  public static ForgetSet of(TokenSequence... sequences) {
    return of(List.of(sequences));
  }

  /**
   * Returns this set with what the model may say instead, for preference objectives: for each
   * sequence one or more alternatives, usually the same prompt with another answer. Updates take
   * them in turn.
   *
   * @throws IllegalArgumentException if there are not as many lists as sequences, a list is empty,
   *     or an alternative has no target token
   */
  public ForgetSet withAlternatives(List<List<TokenSequence>> newAlternatives) {
    checkArgument(
        requireNonNull(newAlternatives, "newAlternatives").size() == size(),
        "there must be alternatives for each of %s sequences, but there were for %s",
        size(),
        newAlternatives.size());
    List<List<TokenSequence>> copy = newAlternatives.stream().map(List::copyOf).toList();
    for (int index = 0; index < copy.size(); index++) {
      checkArgument(
          !copy.get(index).isEmpty(), "sequence %s must have an alternative, but had none", index);
      for (TokenSequence alternative : copy.get(index)) {
        checkArgument(
            alternative.targetCount() > 0,
            "an alternative to sequence %s has no target: its length (%s) must be > 1, so that a"
                + " token can be predicted from another",
            index,
            alternative.length());
      }
    }
    return new ForgetSet(sequences, copy);
  }

  /** Returns the alternatives to each sequence; empty if there are none. */
  public List<List<TokenSequence>> alternatives() {
    return alternatives;
  }

  /** Returns the sequences, in order. */
  public List<TokenSequence> sequences() {
    return sequences;
  }

  /** Returns the sequences at the given indices, in that order. */
  public List<TokenSequence> sequences(List<Integer> indices) {
    return indices.stream().map(sequences::get).toList();
  }

  /** Returns the number of sequences. */
  public int size() {
    return sequences.size();
  }

  /** Returns the number of target tokens in all sequences. */
  public long targetCount() {
    return sequences.stream().mapToLong(TokenSequence::targetCount).sum();
  }

  @Override
  public String toString() {
    return "ForgetSet[sequences=" + size() + ", targets=" + targetCount() + "]";
  }
}
