package dev.unlearn.model.hf;

import static java.util.Map.entry;

import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.LinearLayout;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.QkvLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** GPT-2: fused query, key and value; matrices stored (inputs, outputs). */
final class Gpt2Family implements Family {
  private static final TensorNames NAMES =
      new TensorNames(
          "transformer.",
          "h.",
          Map.ofEntries(
              entry("embedding.token", "wte"),
              entry("embedding.position", "wpe"),
              entry("attention.norm", "ln_1"),
              entry("attention.qkv", "attn.c_attn"),
              entry("attention.out", "attn.c_proj"),
              entry("inner.norm", "ln_2"),
              entry("inner.up", "mlp.c_fc"),
              entry("inner.down", "mlp.c_proj"),
              entry("norm", "ln_f"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    if (config.flag("add_cross_attention", false)) {
      throw config.wrong("add_cross_attention", "false for a decoder-only model", true);
    }
    int headWidth = config.headWidth("n_embd", "n_head");
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("n_positions"))
            .width(config.positive("n_embd"))
            .headCount(config.positive("n_head"))
            .innerWidth(config.innerWidth("n_inner", "n_embd"))
            .addAllLayers(layers(config, headWidth))
            .activation(Activations.of(config, "activation_function", "gelu_new"))
            .norm(NormSpec.layer(config.epsilon("layer_norm_epsilon", 1e-5)))
            .linearLayout(LinearLayout.IN_OUT)
            .qkvLayout(QkvLayout.FUSED)
            .qkvBias(true)
            .attentionOutBias(true)
            .innerBias(true)
            .tiedHead(config.flag("tie_word_embeddings", true)));
  }

  private static List<LayerSpec> layers(HfConfig config, int headWidth) {
    double scale = config.flag("scale_attn_weights", true) ? 1 / Math.sqrt(headWidth) : 1;
    boolean byIndex = config.flag("scale_attn_by_inverse_layer_idx", false);
    List<LayerSpec> layers = new ArrayList<>();
    for (int i = 0; i < config.layerCount("n_layer"); i++) {
      layers.add(new LayerSpec(0, byIndex ? scale / (i + 1) : scale));
    }
    return layers;
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
