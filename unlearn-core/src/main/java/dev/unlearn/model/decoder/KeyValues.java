package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.HostValues;

/** Keys and values of earlier tokens, and after a forward pass of all, by block. */
final class KeyValues {
  private final NDList past;
  private final NDList present = new NDList();

  private KeyValues(NDList past) {
    this.past = past;
  }

  /** Keeps keys and values of rows without a past. */
  static KeyValues ofNothing() {
    return new KeyValues(new NDList());
  }

  /**
   * Takes the past out of what DJL's text generation gives a block, and checks all of it.
   *
   * @param inputs ids, position ids, attention mask, then keys and values of each block in turn, of
   *     shape (B, heads, past, headWidth), or none
   * @throws IllegalArgumentException if shapes do not fit one another, or a position is beyond the
   *     context
   */
  static KeyValues of(NDList inputs, DecoderSpec spec) {
    checkArgument(
        inputs.size() == 3 || inputs.size() == 3 + 2 * spec.layers().size(),
        "inputs must be ids, position ids, a mask and no past or keys and values of %s layers, but"
            + " there were: %s",
        spec.layers().size(),
        inputs.size());
    Shape shape = inputs.get(0).getShape();
    checkArgument(
        shape.dimension() == 2 && inputs.get(1).getShape().equals(shape),
        "ids and position ids must have one shape (B, L), but had: %s, %s",
        shape,
        inputs.get(1).getShape());
    KeyValues result = new KeyValues(inputs.subNDList(3));
    Shape maskShape = new Shape(shape.get(0), result.length() + shape.get(1));
    checkArgument(
        inputs.get(2).getShape().equals(maskShape),
        "the mask must have shape %s, past and new tokens, but had: %s",
        maskShape,
        inputs.get(2).getShape());
    Shape pastShape =
        new Shape(shape.get(0), spec.keyValueHeadCount(), result.length(), spec.headWidth());
    for (NDArray array : result.past) {
      checkArgument(
          array.getShape().equals(pastShape),
          "keys and values must have shape %s, but one had: %s",
          pastShape,
          array.getShape());
    }
    for (long position : HostValues.longs(inputs.get(1))) {
      checkArgument(
          position >= 0 && position < spec.contextLength(),
          "positions must be in [0, %s), but one was: %s",
          spec.contextLength(),
          position);
    }
    return result;
  }

  /** Returns how many tokens came before. */
  int length() {
    return past.isEmpty() || past.get(0).getShape().dimension() != 4
        ? 0
        : Math.toIntExact(past.get(0).getShape().get(2));
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
