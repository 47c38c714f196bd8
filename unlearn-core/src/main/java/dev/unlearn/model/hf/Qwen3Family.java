package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.DecoderSpec;

/** Qwen 3: Llama with normed queries and keys. */
final class Qwen3Family implements Family {

  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int headWidth = config.positive("head_dim", 128);
    boolean bias = config.flag("attention_bias", false);
    return config.build(
        LlamaFamily.builder(config, headWidth, Qwen2Family.layers(config, headWidth))
            .keyValueHeadCount(config.keyValueHeads(32))
            .qkNorm(true)
            .qkvBias(bias)
            .attentionOutBias(bias));
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
