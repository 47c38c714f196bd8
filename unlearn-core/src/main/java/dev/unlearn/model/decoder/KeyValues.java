package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;

/** Keys and values of earlier tokens, and after a forward pass of all, by block. */
final class KeyValues {
  private final NDList past;
  private final NDList present = new NDList();

  /**
   * Creates the keys and values of a pass.
   *
   * @param past keys and values of each block in turn, (B, heads, past, headWidth); empty for none
   */
  KeyValues(NDList past) {
    this.past = past;
  }

  /** Returns how many tokens came before. */
  int length() {
    return past.isEmpty() ? 0 : Math.toIntExact(past.get(0).getShape().get(2));
  }

  /** Appends a block's new keys and values; returns all of them. */
  NDList append(int layer, NDArray keys, NDArray values) {
    NDList all =
        past.isEmpty()
            ? new NDList(keys, values)
            : new NDList(
                past.get(2 * layer).concat(keys, 2), past.get(2 * layer + 1).concat(values, 2));
    NDScope.unregister(all);
    present.addAll(all);
    return all;
  }

  /** Returns the keys and values of all tokens, of each block in turn. */
  NDList present() {
    return present;
  }
}
