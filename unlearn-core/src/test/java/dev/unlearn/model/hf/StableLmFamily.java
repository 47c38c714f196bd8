package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.Map;

/** StableLM: like Llama, with layer norms and partly turned heads. */
public final class StableLmFamily implements Family {
  private static final TensorNames NAMES =
      new TensorNames(
          "model.",
          "layers.",
          Map.ofEntries(
              entry("embedding.token", "embed_tokens"),
              entry("attention.norm", "input_layernorm"),
              entry("attention.query", "self_attn.q_proj"),
              entry("attention.key", "self_attn.k_proj"),
              entry("attention.value", "self_attn.v_proj"),
              entry("attention.out", "self_attn.o_proj"),
              entry("inner.norm", "post_attention_layernorm"),
              entry("inner.gate", "mlp.gate_proj"),
              entry("inner.up", "mlp.up_proj"),
              entry("inner.down", "mlp.down_proj"),
              entry("norm", "norm"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "stablelm";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    config.mustBe("qk_layernorm", false);
    config.mustBe("use_parallel_residual", false);
    int headWidth = config.headWidth("hidden_size", "num_attention_heads");
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("max_position_embeddings"))
            .width(config.positive("hidden_size"))
            .headCount(config.positive("num_attention_heads"))
            .keyValueHeadCount(config.keyValueHeads(32))
            .innerWidth(config.positive("intermediate_size"))
            .addAllLayers(Layers.global(config, headWidth))
            .rotary(
                new RotaryConfig(config, "rope_theta")
                    .partial("partial_rotary_factor", 0.25, headWidth))
            .norm(NormSpec.layer(config.epsilon("layer_norm_eps", 1e-5)))
            .activation(Activations.of(config, "hidden_act", "silu"))
            .gated(true)
            .qkvBias(config.flag("use_qkv_bias", false))
            .tiedHead(config.flag("tie_word_embeddings", false)));
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
