package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import java.util.List;

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values, and windows on upper layers. */
final class Qwen2Family implements Family {

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int headWidth = config.headDim();
    return config.build(
        LlamaFamily.builder(config, headWidth, layers(config, headWidth))
            .keyValueHeadCount(config.keyValueHeads(32))
            .qkvBias(true));
  }

  /** The layers of Qwen 2 and 3. */
  static List<LayerSpec> layers(HfConfig config, int headWidth) {
    int window = config.flag("use_sliding_window", false) ? Layers.window(config, 4096) : 0;
    int first = config.natural("max_window_layers", 28);
    return Layers.windowed(config, window, 1 / Math.sqrt(headWidth), layer -> layer >= first);
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
