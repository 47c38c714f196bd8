package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;

/**
 * The layers of a trunk over one batch, to be run from below, as far as somebody wants. All follow
 * the thread's gradient mode, and each may be run again.
 *
 * @hidden not API
 */
public interface TrunkLayers {

  /** Returns the number of layers that can be run one by one; 0 where the first state is all. */
  int count();

  /** Returns the input of the first layer, shape (B, L, width), in the manager of the ids. */
  NDArray first();

  /**
   * Runs a layer.
   *
   * @param layer from 1
   * @param input what the layer below gave, which stays as it is
   * @return of the same shape; of the last layer what the head takes
   */
  NDArray run(int layer, NDArray input);
}
