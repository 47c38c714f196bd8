package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.Activation;

/** The names configurations use for activations. */
public final class Activations {
  private Activations() {}

  public static Activation of(HfConfig config, String key, String ifAbsent) {
    String name = config.string(key, ifAbsent);
    return switch (name) {
      case "gelu", "gelu_python" -> Activation.GELU;
      case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate" ->
          Activation.GELU_TANH;
      case "relu" -> Activation.RELU;
      case "silu", "swish" -> Activation.SILU;
      default ->
          throw config.wrong(
              key, "one of gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, silu, swish", name);
    };
  }
}
