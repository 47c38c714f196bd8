package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.Map;

/**
 * OPT: the first two rows of its table of positions are not used. The one of 350 million parameters
 * norms after adding, and embeds tokens in fewer dimensions.
 */
final class OptFamily implements Family {
  /** Left over from padding in the code it was trained with. */
  private static final int POSITION_OFFSET = 2;

  /** No key of the configuration; PyTorch's default. */
  private static final float EPSILON = 1e-5f;

  private static final TensorNames NAMES =
      new TensorNames(
          "model.",
          "decoder.layers.",
          Map.ofEntries(
              entry("embedding.token", "decoder.embed_tokens"),
              entry("embedding.position", "decoder.embed_positions"),
              entry("embedding.in", "decoder.project_in"),
              entry("attention.norm", "self_attn_layer_norm"),
              entry("attention.query", "self_attn.q_proj"),
              entry("attention.key", "self_attn.k_proj"),
              entry("attention.value", "self_attn.v_proj"),
              entry("attention.out", "self_attn.out_proj"),
              entry("inner.norm", "final_layer_norm"),
              entry("inner.up", "fc1"),
              entry("inner.down", "fc2"),
              entry("norm", "decoder.final_layer_norm"),
              entry("embedding.out", "decoder.project_out"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "opt";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    config.mustBe("layer_norm_elementwise_affine", true);
    int width = config.positive("hidden_size");
    int headWidth = config.headWidth("hidden_size", "num_attention_heads");
    boolean normFirst = config.flag("do_layer_norm_before", true);
    boolean bias = config.flag("enable_bias", true);
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("max_position_embeddings", 2048))
            .positionOffset(POSITION_OFFSET)
            .width(width)
            .embeddingWidth(config.positive("word_embed_proj_dim", width))
            .headCount(config.positive("num_attention_heads"))
            .innerWidth(config.positive("ffn_dim"))
            .addAllLayers(Layers.global(config, headWidth))
            .blockForm(normFirst ? BlockForm.PRE_NORM : BlockForm.POST_NORM)
            .norm(NormSpec.layer(EPSILON))
            .finalNorm(normFirst && !config.flag("_remove_final_layer_norm", false))
            .activation(Activations.of(config, "activation_function", "relu"))
            .qkvBias(bias)
            .attentionOutBias(bias)
            .innerBias(bias)
            .tiedHead(config.flag("tie_word_embeddings", true)));
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
