package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import org.jspecify.annotations.Nullable;

/** A linear layer whose matrix keeps the checkpoint's layout. */
final class Linear {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final LinearLayout layout;

  Linear(
      Weights weights, String name, int inputs, int outputs, boolean hasBias, LinearLayout layout) {
    this.layout = layout;
    Shape shape =
        layout == LinearLayout.OUT_IN ? new Shape(outputs, inputs) : new Shape(inputs, outputs);
    weight = weights.matrix(name + ".weight", shape);
    bias = hasBias ? weights.bias(name + ".bias", outputs) : null;
  }

  /** Maps (N, inputs) to (N, outputs). */
  NDArray apply(NDArray x) {
    NDArray offset = bias == null ? null : bias.getArray();
    if (layout == LinearLayout.OUT_IN) {
      return ai.djl.nn.core.Linear.linear(x, weight.getArray(), offset).singletonOrThrow();
    }
    NDArray product = x.matMul(weight.getArray());
    return offset == null ? product : product.add(offset);
  }
}
