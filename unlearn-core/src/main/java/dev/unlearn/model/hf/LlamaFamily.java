package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.List;
import java.util.Map;

/** Llama: rotary positions, root-mean-square norms, gated feed-forward layers, grouped heads. */
final class LlamaFamily implements Family {
  /** Also those of Mistral, Qwen and Gemma. */
  static final TensorNames NAMES =
      new TensorNames(
          "model.",
          "layers.",
          Map.ofEntries(
              entry("embedding.token", "embed_tokens"),
              entry("attention.norm", "input_layernorm"),
              entry("attention.query", "self_attn.q_proj"),
              entry("attention.key", "self_attn.k_proj"),
              entry("attention.value", "self_attn.v_proj"),
              entry("attention.query.norm", "self_attn.q_norm"),
              entry("attention.key.norm", "self_attn.k_norm"),
              entry("attention.out", "self_attn.o_proj"),
              entry("inner.norm", "post_attention_layernorm"),
              entry("inner.gate", "mlp.gate_proj"),
              entry("inner.up", "mlp.up_proj"),
              entry("inner.down", "mlp.down_proj"),
              entry("norm", "norm"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int quotient = config.headWidth("hidden_size", "num_attention_heads");
    int headWidth = config.positive("head_dim", quotient);
    boolean bias = config.flag("attention_bias", false);
    return config.build(
        builder(config, headWidth, Layers.global(config, headWidth))
            .keyValueHeadCount(config.keyValueHeads(config.positive("num_attention_heads")))
            .qkvBias(bias)
            .attentionOutBias(bias)
            .innerBias(config.flag("mlp_bias", false)));
  }

  /** What Llama and its nearest relatives have in common. */
  static DecoderSpec.Builder builder(HfConfig config, int headWidth, List<LayerSpec> layers) {
    return frame(config, headWidth, layers)
        .norm(NormSpec.rms(config.epsilon("rms_norm_eps", 1e-6)))
        .activation(Activations.of(config, "hidden_act", "silu"))
        .tiedHead(config.flag("tie_word_embeddings", false));
  }

  /** What they have in common with Gemma, too. */
  static DecoderSpec.Builder frame(HfConfig config, int headWidth, List<LayerSpec> layers) {
    return DecoderSpec.builder()
        .vocabularySize(config.positive("vocab_size"))
        .contextLength(config.positive("max_position_embeddings", 2048))
        .width(config.positive("hidden_size"))
        .headCount(config.positive("num_attention_heads"))
        .headWidth(headWidth)
        .innerWidth(config.positive("intermediate_size"))
        .addAllLayers(layers)
        .rotary(new RotaryConfig(config, "rope_theta").whole(headWidth))
        .gated(true);
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
