package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.QkvLayout;
import java.util.Map;

/** GPT-NeoX and Pythia: query, key and value of each head side by side, part of it turned. */
final class GptNeoxFamily implements Family {
  private static final TensorNames NAMES =
      new TensorNames(
          "gpt_neox.",
          "layers.",
          Map.ofEntries(
              entry("embedding.token", "embed_in"),
              entry("attention.norm", "input_layernorm"),
              entry("attention.qkv", "attention.query_key_value"),
              entry("attention.out", "attention.dense"),
              entry("inner.norm", "post_attention_layernorm"),
              entry("inner.up", "mlp.dense_h_to_4h"),
              entry("inner.down", "mlp.dense_4h_to_h"),
              entry("norm", "final_layer_norm"),
              entry("head", "embed_out")));

  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int headWidth = config.headWidth("hidden_size", "num_attention_heads");
    boolean parallel = config.flag("use_parallel_residual", true);
    boolean bias = config.flag("attention_bias", true);
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("max_position_embeddings", 2048))
            .width(config.positive("hidden_size"))
            .headCount(config.positive("num_attention_heads"))
            .innerWidth(config.positive("intermediate_size"))
            .addAllLayers(Layers.global(config, headWidth))
            .rotary(
                new RotaryConfig(config, "rotary_emb_base").partial("rotary_pct", 0.25, headWidth))
            .blockForm(parallel ? BlockForm.PARALLEL : BlockForm.PRE_NORM)
            .norm(NormSpec.layer(config.epsilon("layer_norm_eps", 1e-5)))
            .activation(Activations.of(config, "hidden_act", "gelu"))
            .qkvLayout(QkvLayout.FUSED_BY_HEAD)
            .qkvBias(bias)
            .attentionOutBias(bias)
            .innerBias(true)
            .tiedHead(config.flag("tie_word_embeddings", false)));
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
