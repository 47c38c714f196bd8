package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.MixedOps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products whose operands are rounded to 16 bits. */
final class MixedProducts extends Products {
  private final MixedOps ops;

  MixedProducts(MixedOps ops) {
    this.ops = ops;
  }

  @Override
  NDArray linear(NDArray x, Linear layer) {
    return ops.linear(x, parts(layer), isTransposed(layer));
  }

  @Override
  List<NDArray> linears(NDArray x, Linear query, Linear key, Linear value) {
    return ops.linears(x, parts(query), parts(key), parts(value), isTransposed(query));
  }

  @Override
  NDArray feedForward(
      NDArray x, Linear up, @Nullable Linear gate, Linear down, Activation activation) {
    int kind =
        switch (activation) {
          case GELU -> MixedOps.GELU;
          case GELU_TANH -> MixedOps.GELU_TANH;
          case RELU -> MixedOps.RELU;
          case SILU -> MixedOps.SILU;
        };
    MixedOps.Layer gateOrNull = gate == null ? null : parts(gate);
    return ops.feedForward(x, parts(up), gateOrNull, parts(down), isTransposed(up), kind);
  }

  @Override
  NDArray attention(
      NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, double scale, double cap) {
    return ops.attention(q, k, v, mask, scale, cap);
  }

  private static MixedOps.Layer parts(Linear layer) {
    LowRank addition = layer.addition();
    return addition == null
        ? new MixedOps.Layer(layer.weight(), layer.bias(), null, null, 0)
        : new MixedOps.Layer(
            layer.weight(), layer.bias(), addition.a(), addition.b(), addition.scale());
  }

  private static boolean isTransposed(Linear layer) {
    return layer.layout() == LinearLayout.IN_OUT;
  }
}
