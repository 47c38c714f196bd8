package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.DecoderSpec;
import java.util.List;

/** Mistral: Llama with a window on every layer. */
final class MistralFamily implements Family {

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int headWidth = config.headDim();
    int window = Layers.window(config, 4096);
    if (config.strings("layer_types").orElse(List.of()).contains("full_attention")) {
      throw config.wrong("layer_types", "sliding_attention in mistral models", "full_attention");
    }
    return config.build(
        LlamaFamily.builder(
                config,
                headWidth,
                Layers.windowed(config, window, 1 / Math.sqrt(headWidth), layer -> true))
            .keyValueHeadCount(config.keyValueHeads(8)));
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
