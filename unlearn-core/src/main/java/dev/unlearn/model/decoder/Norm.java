package dev.unlearn.model.decoder;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.LayerNorm;
import dev.unlearn.internal.TorchOps;
import org.jspecify.annotations.Nullable;

/** A normalization over the last axis. */
final class Norm {
  private final NormSpec spec;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  Norm(Weights weights, String name, int width, NormSpec spec) {
    this.spec = spec;
    boolean fromOne = spec.kind() == NormSpec.Kind.RMS_PLUS_ONE;
    weight =
        fromOne ? weights.bias(name + ".weight", width) : weights.scale(name + ".weight", width);
    bias = spec.kind() == NormSpec.Kind.LAYER ? weights.bias(name + ".bias", width) : null;
  }

  NDArray apply(NDArray x) {
    NDArray scale = weight.getArray();
    return switch (spec.kind()) {
      case LAYER -> {
        NDArray offset = verifyNotNull(bias).getArray();
        Shape shape = scale.getShape();
        yield LayerNorm.layerNorm(x, shape, scale, offset, spec.epsilon()).singletonOrThrow();
      }
      case RMS -> TorchOps.get().rmsNorm(x, scale, 0, spec.epsilon());
      case RMS_PLUS_ONE -> TorchOps.get().rmsNorm(x, scale, 1, spec.epsilon());
    };
  }
}
