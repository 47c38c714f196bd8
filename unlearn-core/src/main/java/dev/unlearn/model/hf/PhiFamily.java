package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.Map;

/** Phi 1 to 2: attention and feed-forward layer side by side after one norm, a head with bias. */
final class PhiFamily implements Family {
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
              entry("attention.out", "self_attn.dense"),
              entry("inner.up", "mlp.fc1"),
              entry("inner.down", "mlp.fc2"),
              entry("norm", "final_layernorm"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "phi";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    config.mustBe("qk_layernorm", false);
    int headWidth = config.headWidth("hidden_size", "num_attention_heads");
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("max_position_embeddings", 2048))
            .width(config.positive("hidden_size"))
            .headCount(config.positive("num_attention_heads"))
            .keyValueHeadCount(config.keyValueHeads(config.positive("num_attention_heads")))
            .innerWidth(config.positive("intermediate_size"))
            .addAllLayers(Layers.global(config, headWidth))
            .rotary(
                new RotaryConfig(config, "rope_theta")
                    .partial("partial_rotary_factor", 0.5, headWidth))
            .blockForm(BlockForm.PARALLEL_ONE_NORM)
            .norm(NormSpec.layer(config.epsilon("layer_norm_eps", 1e-5)))
            .activation(Activations.of(config, "hidden_act", "gelu_new"))
            .qkvBias(true)
            .attentionOutBias(true)
            .innerBias(true)
            .tiedHead(config.flag("tie_word_embeddings", false))
            .headBias(true));
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
