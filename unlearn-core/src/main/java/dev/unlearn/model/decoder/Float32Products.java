package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.TorchOps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products in float32. */
final class Float32Products extends Products {
  static final Float32Products INSTANCE = new Float32Products();

  private Float32Products() {}

  @Override
  NDArray linear(NDArray x, Linear layer) {
    return layer.apply(x);
  }

  @Override
  List<NDArray> linears(NDArray x, Linear query, Linear key, Linear value) {
    return List.of(query.apply(x), key.apply(x), value.apply(x));
  }

  @Override
  NDArray feedForward(
      NDArray x, Linear up, @Nullable Linear gate, Linear down, Activation activation) {
    NDArray inner =
        gate == null
            ? activation.apply(up.apply(x))
            : activation.apply(gate.apply(x)).mul(up.apply(x));
    return down.apply(inner);
  }

  @Override
  NDArray attention(
      NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, double scale, double cap) {
    return TorchOps.get().attention(q, k, v, mask, scale, cap);
  }
}
