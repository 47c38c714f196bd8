package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;

/**
 * The sequences to forget, in the caller's order; results are reported by index into it.
 *
 * <p>{@code toString} shows sizes only.
 */
public final class ForgetSet {
  private final List<TokenSequence> sequences;

  private ForgetSet(List<TokenSequence> sequences) {
    this.sequences = sequences;
  }

  /**
   * Returns a forget set of the given sequences.
   *
   * @throws IllegalArgumentException if there is none, or one has no target token
   */
  public static ForgetSet of(List<TokenSequence> sequences) {
    checkArgument(
        !sequences.isEmpty(), "a forget set must hold at least one sequence, but was empty");
    List<TokenSequence> copy = List.copyOf(sequences);
    for (int index = 0; index < copy.size(); index++) {
      checkArgument(
          copy.get(index).targetCount() > 0,
          "sequence %s has no target: its length (%s) must be > 1, so that a token can be"
              + " predicted from another",
          index,
          copy.get(index).length());
    }
    return new ForgetSet(copy);
  }

  /** Returns a forget set of the given sequences; see {@link #of(List)}. */
  public static ForgetSet of(TokenSequence... sequences) {
    return of(List.of(sequences));
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
