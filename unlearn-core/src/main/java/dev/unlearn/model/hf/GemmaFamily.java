package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.NormSpec;

/** Gemma: Llama with scaled embeddings and norms counted from 1. */
final class GemmaFamily implements Family {

  @Override
  public String modelType() {
    return "gemma";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int headWidth = config.positive("head_dim", 256);
    boolean bias = config.flag("attention_bias", false);
    return config.build(
        LlamaFamily.frame(config, headWidth, Layers.global(config, headWidth))
            .keyValueHeadCount(config.keyValueHeads(16))
            .qkvBias(bias)
            .attentionOutBias(bias)
            .norm(NormSpec.rmsPlusOne(config.epsilon("rms_norm_eps", 1e-6)))
            .embeddingScale((float) Math.sqrt(config.positive("hidden_size")))
            .activation(activation(config))
            .tiedHead(config.flag("tie_word_embeddings", true)));
  }

  /**
   * The models were trained with the tanh form, whatever their first files said of gelu. Versions
   * of the transformers library differ in which key counts.
   */
  private static Activation activation(HfConfig config) {
    Activation activation = tanh(Activations.of(config, "hidden_act", "gelu_pytorch_tanh"));
    String other = "hidden_activation";
    if (config.given(other) && tanh(Activations.of(config, other, "")) != activation) {
      throw config.wrong(other, "what hidden_act says", config.string(other, ""));
    }
    return activation;
  }

  private static Activation tanh(Activation activation) {
    return activation == Activation.GELU ? Activation.GELU_TANH : activation;
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
