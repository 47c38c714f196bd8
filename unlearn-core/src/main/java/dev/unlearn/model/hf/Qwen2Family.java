package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.DecoderSpec;
import java.util.List;

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values, and windows on upper layers. */
final class Qwen2Family implements Family {

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int quotient = config.positive("hidden_size") / config.positive("num_attention_heads");
    int headWidth = config.positive("head_dim", Math.max(1, quotient));
    return config.build(
        LlamaFamily.builder(config, headWidth, windows(config))
            .keyValueHeadCount(config.keyValueHeads(32))
            .qkvBias(true));
  }

  /** The windows of Qwen 2 and 3. */
  static List<Integer> windows(HfConfig config) {
    boolean windowed =
        config.flag("use_sliding_window", false)
            && (!config.has("sliding_window") || config.given("sliding_window"));
    int window = windowed ? config.positive("sliding_window", 4096) : 0;
    int first = config.natural("max_window_layers", 28);
    return Windows.of(config, window, layer -> layer >= first);
  }

  @Override
  public TensorNames names() {
    return LlamaFamily.NAMES;
  }
}
