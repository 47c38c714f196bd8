package dev.unlearn.model.hf;

import static java.util.Map.entry;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** GPT-Neo: attention scores are not scaled, and layers may see only a local window. */
final class GptNeoFamily implements Family {
  /** The kind of every layer, written out; or the same as a list of [pattern, count]. */
  private static final String LAYERS = "attention_layers";

  private static final String TYPES = "attention_types";

  private static final TensorNames NAMES =
      new TensorNames(
          "transformer.",
          "h.",
          Map.ofEntries(
              entry("embedding.token", "wte"),
              entry("embedding.position", "wpe"),
              entry("attention.norm", "ln_1"),
              entry("attention.query", "attn.attention.q_proj"),
              entry("attention.key", "attn.attention.k_proj"),
              entry("attention.value", "attn.attention.v_proj"),
              entry("attention.out", "attn.attention.out_proj"),
              entry("inner.norm", "ln_2"),
              entry("inner.up", "mlp.c_fc"),
              entry("inner.down", "mlp.c_proj"),
              entry("norm", "ln_f"),
              entry("head", "lm_head")));

  @Override
  public String modelType() {
    return "gpt_neo";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int unused = config.headWidth("hidden_size", "num_heads");
    return config.build(
        DecoderSpec.builder()
            .vocabularySize(config.positive("vocab_size"))
            .contextLength(config.positive("max_position_embeddings", 2048))
            .width(config.positive("hidden_size"))
            .headCount(config.positive("num_heads"))
            .innerWidth(config.innerWidth("intermediate_size", "hidden_size"))
            .addAllLayers(layers(config))
            .activation(Activations.of(config, "activation_function", "gelu_new"))
            .norm(NormSpec.layer(config.epsilon("layer_norm_epsilon", 1e-5)))
            .attentionOutBias(true)
            .innerBias(true)
            .tiedHead(config.flag("tie_word_embeddings", true)));
  }

  private static List<LayerSpec> layers(HfConfig config) {
    Optional<List<JsonElement>> writtenOut = config.list(LAYERS);
    return writtenOut.isPresent()
        ? layers(config, LAYERS, strings(config, LAYERS, writtenOut.get()))
        : layers(config, TYPES, expand(config));
  }

  private static List<LayerSpec> layers(HfConfig config, String key, List<String> kinds) {
    int window = config.positive("window_size", 256);
    List<LayerSpec> layers = new ArrayList<>();
    for (String kind : kinds) {
      switch (kind) {
        case "global" -> layers.add(new LayerSpec(0, 1));
        case "local" -> layers.add(new LayerSpec(window, 1));
        default -> throw config.wrong(key, "global or local", kind);
      }
    }
    int layerCount = config.layerCount("num_layers");
    if (layers.size() != layerCount) {
      throw config.wrong(key, "kinds for num_layers (" + layerCount + ") layers", layers.size());
    }
    return layers;
  }

  /** Writes out a list of [pattern, count], no further than one layer too many. */
  private static List<String> expand(HfConfig config) {
    List<JsonElement> types =
        config.list(TYPES).orElseThrow(() -> config.wrong(TYPES, "given", "missing"));
    int layerCount = config.layerCount("num_layers");
    List<String> kinds = new ArrayList<>();
    for (JsonElement type : types) {
      List<String> pattern;
      int count;
      try {
        JsonArray pair = type.getAsJsonArray();
        pattern = strings(config, TYPES, pair.get(0).getAsJsonArray().asList());
        count = pair.get(1).getAsInt();
      } catch (IllegalStateException
          | IndexOutOfBoundsException
          | NumberFormatException
          | UnsupportedOperationException e) {
        throw config.wrong(TYPES, "a list of [pattern, count]", type);
      }
      for (int i = 0; i < count && !pattern.isEmpty() && kinds.size() <= layerCount; i++) {
        kinds.addAll(pattern);
      }
    }
    return kinds;
  }

  private static List<String> strings(HfConfig config, String key, List<JsonElement> elements) {
    for (JsonElement element : elements) {
      if (!element.isJsonPrimitive() || !element.getAsJsonPrimitive().isString()) {
        throw config.wrong(key, "global or local", element);
      }
    }
    return elements.stream().map(JsonElement::getAsString).toList();
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
