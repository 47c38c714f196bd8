package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.TorchOps;

/** The nonlinearity of the feed-forward layers. */
public enum Activation {
  /** {@code x Φ(x)}, with the error function. */
  GELU,
  /** Gelu by its tanh approximation, GPT-2's {@code gelu_new}. */
  GELU_TANH,
  /** {@code max(0, x)}. */
  RELU,
  /** {@code x sigmoid(x)}. */
  SILU;

  NDArray apply(NDArray x) {
    return switch (this) {
      case GELU -> ai.djl.nn.Activation.gelu(x);
      case GELU_TANH -> TorchOps.get().geluTanh(x);
      case RELU -> ai.djl.nn.Activation.relu(x);
      case SILU -> TorchOps.get().silu(x);
    };
  }
}
