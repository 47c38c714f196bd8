package dev.unlearn.model.hf;

import static java.util.Map.entry;

import com.google.gson.JsonElement;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.LinearLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** GPT-Neo: attention scores are not scaled, and layers may see only a local window. */
final class GptNeoFamily implements Family {
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
              entry("norm", "ln_f")));

  @Override
  public String modelType() {
    return "gpt_neo";
  }

  @Override
  public DecoderSpec spec(HfConfig config) {
    int width = config.positive("hidden_size");
    int headCount = config.positive("num_heads");
    if (width % headCount != 0) {
      throw config.wrong("hidden_size", "a multiple of num_heads (" + headCount + ")", width);
    }
    return DecoderSpec.builder()
        .vocabularySize(config.positive("vocab_size"))
        .contextLength(config.positive("max_position_embeddings"))
        .width(width)
        .headCount(headCount)
        .innerWidth(config.positive("intermediate_size", Math.multiplyExact(4, width)))
        .addAllLayers(layers(config))
        .activation(Activations.of(config, "activation_function", "gelu_new"))
        .normEpsilon((float) config.number("layer_norm_epsilon", 1e-5))
        .linearLayout(LinearLayout.OUT_IN)
        .fusedQkv(false)
        .qkvBias(false)
        .tiedHead(config.flag("tie_word_embeddings", true))
        .build();
  }

  private static List<LayerSpec> layers(HfConfig config) {
    int window = config.positive("window_size", 256);
    int layerCount = config.positive("num_layers");
    List<LayerSpec> layers = new ArrayList<>();
    for (String kind : kinds(config, layerCount)) {
      switch (kind) {
        case "global" -> layers.add(new LayerSpec(0, 1));
        case "local" -> layers.add(new LayerSpec(window, 1));
        default -> throw config.wrong("attention_types", "global or local", kind);
      }
    }
    if (layers.size() != layerCount) {
      throw config.wrong(
          "attention_types", "kinds for num_layers (" + layerCount + ") layers", layers.size());
    }
    return layers;
  }

  /** The kind of every layer: written out, or as a list of [pattern, count]. */
  private static List<String> kinds(HfConfig config, int layerCount) {
    Optional<List<JsonElement>> writtenOut = config.list("attention_layers");
    if (writtenOut.isPresent()) {
      return strings(writtenOut.get());
    }
    List<JsonElement> types =
        config
            .list("attention_types")
            .orElseThrow(() -> config.wrong("attention_types", "given", "missing"));
    List<String> kinds = new ArrayList<>();
    for (JsonElement type : types) {
      try {
        List<String> pattern = strings(type.getAsJsonArray().get(0).getAsJsonArray().asList());
        int count = type.getAsJsonArray().get(1).getAsInt();
        for (int i = 0; i < count && kinds.size() <= layerCount; i++) {
          kinds.addAll(pattern);
        }
      } catch (IllegalStateException
          | IndexOutOfBoundsException
          | NumberFormatException
          | UnsupportedOperationException e) {
        throw config.wrong("attention_types", "a list of [pattern, count]", type);
      }
    }
    return kinds;
  }

  private static List<String> strings(List<JsonElement> elements) {
    return elements.stream().map(JsonElement::getAsString).toList();
  }

  @Override
  public TensorNames names() {
    return NAMES;
  }
}
