package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.MixedOps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a pass computes what is made of matrix products: linear layers with what is added to them,
 * feed-forward layers, and attention. Takes and gives float32.
 *
 * @hidden not API
 */
public abstract class Products {
  Products() {}

  /** Returns products in float32. */
  public static Products float32() {
    return Float32Products.INSTANCE;
  }

  /** Returns products whose operands are rounded to 16 bits. */
  public static Products mixed(MixedOps ops) {
    return new MixedProducts(ops);
  }

  /** Maps (…, inputs) to (…, outputs). */
  abstract NDArray linear(NDArray x, Linear layer);

  /** Maps the same to queries, keys and values. */
  abstract List<NDArray> linears(NDArray x, Linear query, Linear key, Linear value);

  /** Maps (B, L, width) to (B, L, width). */
  abstract NDArray feedForward(
      NDArray x, Linear up, @Nullable Linear gate, Linear down, Activation activation);

  /** Attends as {@link dev.unlearn.internal.TorchOps#attention} does. */
  abstract NDArray attention(
      NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, double scale, double cap);
}
