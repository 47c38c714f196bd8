package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gemma 2: Gemma with norms on both sides, capped scores and logits, a window on every other layer.
 */
final class Gemma2Family implements Family {
  private static final TensorNames NAMES =
      new TensorNames(LlamaFamily.NAMES.root(), LlamaFamily.NAMES.layers(), stems());

  private static Map<String, String> stems() {
    Map<String, String> stems = new HashMap<>(LlamaFamily.NAMES.stems());
    stems.put("attention.after", "post_attention_layernorm");
    stems.put("inner.norm", "pre_feedforward_layernorm");
    stems.put("inner.after", "post_feedforward_layernorm");
    return Map.copyOf(stems);
  }

  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    double scale = 1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256));
    int window = config.positive("sliding_window", 4096);
    List<LayerSpec> layers = Layers.windowed(config, window, scale, layer -> layer % 2 == 0);
    boolean bias = config.flag("attention_bias", false);
    return config.build(
        LlamaFamily.frame(config, config.positive("head_dim", 256), layers)
            .keyValueHeadCount(config.keyValueHeads(4))
            .qkvBias(bias)
            .attentionOutBias(bias)
            .blockForm(BlockForm.PRE_AND_POST_NORM)
            .norm(NormSpec.rmsPlusOne(config.epsilon("rms_norm_eps", 1e-6)))
            .embeddingScale((float) Math.sqrt(config.positive("hidden_size")))
            .attentionCap(config.cap("attn_logit_softcapping", 50))
            .logitCap(config.cap("final_logit_softcapping", 30))
            .activation(Activations.of(config, "hidden_activation", "gelu_pytorch_tanh"))
            .tiedHead(config.flag("tie_word_embeddings", true)));
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
