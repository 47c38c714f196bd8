package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;

/** Layer normalization over the last axis, with scale and offset. */
final class LayerNorm {
  private final Parameter weight;
  private final Parameter bias;
  private final Shape shape;
  private final float epsilon;

  LayerNorm(Weights weights, String name, int width, float epsilon) {
    weight = weights.scale(name + ".weight", width);
    bias = weights.bias(name + ".bias", width);
    shape = new Shape(width);
    this.epsilon = epsilon;
  }

  NDArray apply(NDArray x) {
    return ai.djl.nn.norm.LayerNorm.layerNorm(x, shape, weight.getArray(), bias.getArray(), epsilon)
        .singletonOrThrow();
  }
}
