package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.internal.Scopes;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer whose matrix keeps the checkpoint's layout. While it is only decoded with, it may
 * have a second one in the layout that the machine multiplies fastest.
 */
final class Linear {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final LinearLayout layout;
  private @Nullable NDArray packed;

  Linear(
      Weights weights, String name, int inputs, int outputs, boolean hasBias, LinearLayout layout) {
    this.layout = layout;
    Shape shape =
        layout == LinearLayout.OUT_IN ? new Shape(outputs, inputs) : new Shape(inputs, outputs);
    weight = weights.matrix(name + ".weight", shape);
    bias = hasBias ? weights.bias(name + ".bias", outputs) : null;
    weights.has(this);
  }

  /** Maps (N, inputs) to (N, outputs). */
  NDArray apply(NDArray x) {
    NDArray offset = bias == null ? null : bias.getArray();
    if (packed != null) {
      return PackedLinears.apply(x, packed, offset);
    }
    if (layout == LinearLayout.OUT_IN) {
      return ai.djl.nn.core.Linear.linear(x, weight.getArray(), offset).singletonOrThrow();
    }
    NDArray product = x.matMul(weight.getArray());
    return offset == null ? product : product.add(offset);
  }

  /** Returns how many values the matrix has. */
  long size() {
    return weight.getArray().size();
  }

  /** Copies the matrix as it is now; until {@link #unpack} only the copy is used. */
  void pack(NDManager manager) {
    NDArray matrix = weight.getArray();
    if (layout == LinearLayout.OUT_IN) {
      packed = PackedLinears.pack(manager, matrix);
      return;
    }
    try (NDScope scope = Scopes.open()) {
      packed = PackedLinears.pack(manager, matrix.transpose());
    }
  }

  void unpack() {
    packed = null;
  }
}
