package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * The hidden states of a pass, each computed when first asked for, with all below it. State 0 is
 * the input of the first layer, state k the output of layer k.
 */
interface Trunk {

  /** Returns the number of states. */
  int size();

  /** Returns a state, shape (B, L, width), always the same array. */
  NDArray state(int index);

  /** Returns what the head takes. */
  default NDArray last() {
    return state(size() - 1);
  }

  /** Returns whether the last state has been computed. */
  boolean reachedEnd();

  /**
   * Adds what gradients of states mean to the gradients of parameters, down to the lowest that is
   * trained. Called with gradients on, once.
   *
   * @param gradients by state that has been computed
   */
  void backward(Map<Integer, NDArray> gradients);
}
