package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/** The feed-forward layer of one block. */
final class FeedForward {
  private final Activation activation;
  private final Linear up;
  private final @Nullable Linear gate;
  private final Linear down;

  FeedForward(Weights weights, String name, DecoderSpec spec) {
    activation = spec.activation();
    int width = spec.width();
    int inner = spec.innerWidth();
    boolean bias = spec.innerBias();
    LinearLayout layout = spec.linearLayout();
    gate = spec.gated() ? new Linear(weights, name + ".gate", width, inner, bias, layout) : null;
    up = new Linear(weights, name + ".up", width, inner, bias, layout);
    down = new Linear(weights, name + ".down", inner, width, bias, layout);
  }

  /** Maps (B, L, width) to (B, L, width). */
  NDArray apply(NDArray x, Products products) {
    return products.feedForward(x, up, gate, down, activation);
  }
}
