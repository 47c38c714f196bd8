package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.OutputMatrix;
import java.util.List;
import java.util.Optional;

/** What decoding needs of a network. Decoding calls all of it with gradients off. */
public interface DecodableNetwork {

  /**
   * Reads sequences, so that rows can go on from any prefix of them.
   *
   * @param sequences ids; a sequence may be empty. The caller closes the result.
   * @param passBytes what one forward pass may take; it has one sequence at least
   * @param maxStates about how many hidden states are kept: every so many of all that are computed
   */
  Prefixes prefixes(List<int[]> sequences, long passBytes, int maxStates);

  /**
   * Maps hidden states, such as {@link Branches#step} returns, of shape (N, width) to logits of
   * shape (N, vocabulary).
   */
  NDArray logits(NDArray hidden);

  /** Returns the matrix behind {@link #logits}, if that is all there is to it. */
  default Optional<OutputMatrix> outputMatrix() {
    return Optional.empty();
  }

  /**
   * Makes the network faster where that pays. Until the result is closed, the weights must stay as
   * they are, and nothing may be trained.
   *
   * @param tokens about how many tokens will be computed
   * @param maxBytes what it may take
   */
  default Packing pack(long tokens, long maxBytes) {
    return Packing.NONE;
  }

  /** Returns whether branches of the same prefixes can go on in several threads at once. */
  default boolean isThreadSafe() {
    return false;
  }

  /** Returns the bytes that a token takes while it is kept, in a prefix or in a branch. */
  long bytesPerToken();

  /** Returns the bytes that a token takes while it is computed, about. */
  long bytesPerComputedToken();

  /** Returns the bytes that a row of a branch takes besides its tokens, as long as it is there. */
  default long bytesPerRow() {
    return 0;
  }

  /** Returns the bytes that a row takes, during a step, for each token that it attends to. */
  default long bytesPerSeenToken() {
    return 0;
  }

  /** Returns the number of token ids. */
  int vocabularySize();

  /** Returns the manager that owns the parameters. */
  NDManager manager();
}
