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
    int quotient = config.positive("hidden_size") / config.positive("num_attention_heads");
    int headWidth = config.positive("head_dim", Math.max(1, quotient));
    boolean windowed = !config.has("sliding_window") || config.given("sliding_window");
    int window = windowed ? config.positive("sliding_window", 4096) : 0;
    if (config.strings("layer_types").orElse(List.of()).contains("full_attention")) {
      throw config.wrong("layer_types", "sliding_attention in mistral models", "full_attention");
    }
    return config.build(
        LlamaFamily.builder(config, headWidth, Windows.of(config, window, layer -> true))
            .keyValueHeadCount(config.keyValueHeads(8)));
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
