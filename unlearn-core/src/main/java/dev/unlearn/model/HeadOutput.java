package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;

/** Something that the head makes of hidden states and a pass hands out as a leaf. */
interface HeadOutput {

  /** Returns the leaf, always the same one. */
  NDArray leaf();

  /**
   * Adds what its leaf's gradient, as it is now, means for the head's weights. Called with
   * gradients on, once, if there is one.
   *
   * @return the gradient of the trunk's output, shape (B, L, width)
   */
  NDArray backward();

  /**
   * Cuts an array off from its graph and takes it out of the present scope.
   *
   * @param trained whether it shall collect a gradient
   */
  static NDArray leafOf(NDArray array, boolean trained) {
    NDArray leaf = array.duplicate();
    if (trained) {
      leaf.setRequiresGradient(true);
    }
    NDScope.unregister(leaf);
    return leaf;
  }
}
