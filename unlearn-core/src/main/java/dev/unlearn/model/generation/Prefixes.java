package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/** Sequences that were read and are kept, so that rows can go on from prefixes of them. */
public interface Prefixes extends AutoCloseable {

  /**
   * Begins rows, one for each element of the arguments. The caller closes the result, before these
   * prefixes.
   *
   * @param sequences indices of the sequences whose prefixes the rows go on from
   * @param lengths lengths of those prefixes, {@code >= 0}
   * @param newTokens the most tokens a row will be given
   */
  Branches branch(int[] sequences, int[] lengths, int newTokens);

  /**
   * Returns hidden states of some tokens, such as {@link Branches#step} returns, of shape (M,
   * width), in the order of sequences and tokens, if they were computed on the way. They are closed
   * with this.
   */
  default Optional<NDArray> states() {
    return Optional.empty();
  }

  @Override
  void close();
}
