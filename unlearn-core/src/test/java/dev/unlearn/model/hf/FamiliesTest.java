package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.LinearLayout;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.QkvLayout;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a {@code config.json} says a decoder is; nothing here runs one. */
final class FamiliesTest {
  private static final String GPT2 =
      """
      {"model_type": "gpt2", "vocab_size": 97, "n_positions": 64, "n_embd": 32, "n_head": 4,
       "n_layer": 2}
      """;
  private static final String GPT_NEO =
      """
      {"model_type": "gpt_neo", "vocab_size": 97, "max_position_embeddings": 64,
       "hidden_size": 32, "num_heads": 4, "num_layers": 4, "window_size": 5,
       "attention_types": [[["global", "local"], 2]]}
      """;

  @Test
  void gpt2_defaultsOfTheTransformersLibrary() {
    DecoderSpec spec = spec(GPT2, config -> {});

    assertThat(spec.vocabularySize()).isEqualTo(97);
    assertThat(spec.contextLength()).isEqualTo(64);
    assertThat(spec.width()).isEqualTo(32);
    assertThat(spec.headCount()).isEqualTo(4);
    assertThat(spec.innerWidth()).isEqualTo(128);
    assertThat(spec.activation()).isEqualTo(Activation.GELU_TANH);
    assertThat(spec.norm()).isEqualTo(NormSpec.layer(1e-5f));
    assertThat(spec.linearLayout()).isEqualTo(LinearLayout.IN_OUT);
    assertThat(spec.qkvLayout()).isEqualTo(QkvLayout.FUSED);
    assertThat(spec.qkvBias()).isTrue();
    assertThat(spec.tiedHead()).isTrue();
    assertThat(spec.layers())
        .containsExactly(new LayerSpec(0, 1 / Math.sqrt(8)), new LayerSpec(0, 1 / Math.sqrt(8)));
  }

  @Test
  void gpt2_attentionScales() {
    assertThat(spec(GPT2, config -> config.addProperty("scale_attn_weights", false)).layers())
        .containsExactly(new LayerSpec(0, 1), new LayerSpec(0, 1));
    assertThat(
            spec(GPT2, config -> config.addProperty("scale_attn_by_inverse_layer_idx", true))
                .layers())
        .containsExactly(
            new LayerSpec(0, 1 / Math.sqrt(8)), new LayerSpec(0, 1 / Math.sqrt(8) / 2));
  }

  @Test
  void gpt2_givenValues() {
    DecoderSpec spec =
        spec(
            GPT2,
            config -> {
              config.addProperty("n_inner", 50);
              config.addProperty("activation_function", "relu");
              config.addProperty("layer_norm_epsilon", 1e-6);
              config.addProperty("tie_word_embeddings", false);
            });

    assertThat(spec.innerWidth()).isEqualTo(50);
    assertThat(spec.activation()).isEqualTo(Activation.RELU);
    assertThat(spec.norm()).isEqualTo(NormSpec.layer(1e-6f));
    assertThat(spec.tiedHead()).isFalse();
  }

  @Test
  void gptNeo_defaultsOfTheTransformersLibrary() {
    DecoderSpec spec = spec(GPT_NEO, config -> config.remove("window_size"));

    assertThat(spec.innerWidth()).isEqualTo(128);
    assertThat(spec.activation()).isEqualTo(Activation.GELU_TANH);
    assertThat(spec.linearLayout()).isEqualTo(LinearLayout.OUT_IN);
    assertThat(spec.qkvLayout()).isEqualTo(QkvLayout.SEPARATE);
    assertThat(spec.qkvBias()).isFalse();
    assertThat(spec.tiedHead()).isTrue();
    assertThat(spec.layers())
        .containsExactly(
            new LayerSpec(0, 1), new LayerSpec(256, 1), new LayerSpec(0, 1), new LayerSpec(256, 1));
  }

  @Test
  void gptNeo_attentionTypesOfSeveralPatterns() {
    assertThat(
            spec(GPT_NEO, set("attention_types", "[[[\"local\"], 1], [[\"global\"], 3]]")).layers())
        .containsExactly(
            new LayerSpec(5, 1), new LayerSpec(0, 1), new LayerSpec(0, 1), new LayerSpec(0, 1));
  }

  @Test
  void gptNeo_attentionLayersWrittenOutComeFirst() {
    assertThat(
            spec(GPT_NEO, set("attention_layers", "[\"local\", \"local\", \"global\", \"global\"]"))
                .layers())
        .containsExactly(
            new LayerSpec(5, 1), new LayerSpec(5, 1), new LayerSpec(0, 1), new LayerSpec(0, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "gelu,GELU",
    "gelu_new,GELU_TANH",
    "gelu_fast,GELU_TANH",
    "gelu_pytorch_tanh,GELU_TANH",
    "relu,RELU",
    "silu,SILU",
    "swish,SILU"
  })
  void activation_names(String name, Activation expected) {
    assertThat(spec(GPT2, config -> config.addProperty("activation_function", name)).activation())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"n_inner", "activation_function", "tie_word_embeddings"})
  void key_nullIsAbsent(String key) {
    assertThat(spec(GPT2, config -> config.add(key, null))).isEqualTo(spec(GPT2, config -> {}));
  }

  @ParameterizedTest
  @CsvSource({"dtype,float32", "torch_dtype,float32", "torch_dtype,float16"})
  void key_ofTheStoredTypeIsIgnored(String key, String value) {
    assertThat(spec(GPT2, config -> config.addProperty(key, value)))
        .isEqualTo(spec(GPT2, config -> {}));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n_embd|33|config.json: n_embd must be a multiple of n_head (4), but was: 33",
        "n_embd|\"32\"|config.json: n_embd must be a positive integer, but was: \"32\"",
        "n_embd|32.5|config.json: n_embd must be a positive integer, but was: 32.5",
        "n_embd|[32]|config.json: n_embd must be a positive integer, but was: [32]",
        "n_head|0|config.json: n_head must be a positive integer, but was: 0",
        "n_layer|-1|config.json: n_layer must be a positive integer, but was: -1",
        "n_layer|3000000000|config.json: n_layer must be a positive integer, but was: 3000000000",
        "n_inner|true|config.json: n_inner must be a positive integer, but was: true",
        "vocab_size|null|config.json: vocab_size is missing",
        "layer_norm_epsilon|\"small\"|config.json: layer_norm_epsilon must be a finite number, but"
            + " was: \"small\"",
        "tie_word_embeddings|\"yes\"|config.json: tie_word_embeddings must be true or false, but"
            + " was: \"yes\"",
        "activation_function|7|config.json: activation_function must be a string, but was: 7",
        "activation_function|\"mish\"|config.json: activation_function must be one of gelu,"
            + " gelu_new, gelu_fast, gelu_pytorch_tanh, relu, silu, swish, but was: mish",
        "add_cross_attention|true|config.json: add_cross_attention must be false for a decoder-only"
            + " model, but was: true",
        "model_type|7|config.json: model_type must be a string, but was: 7",
        "model_type|null|config.json must name its model_type, but has none",
        "model_type|\"bloom\"|config.json: model_type must be one of gpt2, gpt_neo, opt,"
            + " gpt_neox, llama, mistral, qwen2, qwen3, phi, gemma, gemma2, stablelm, but was:"
            + " bloom"
      })
  void gpt2_badValue(String key, String json, String message) {
    assertRefused(GPT2, set(key, json), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hidden_size|30|config.json: hidden_size must be a multiple of num_heads (4), but was: 30",
        "attention_types|null|config.json: attention_types must be given, but was: missing",
        "attention_types|7|config.json: attention_types must be a list, but was: 7",
        "attention_types|[7]|config.json: attention_types must be a list of [pattern, count], but"
            + " was: 7",
        "attention_types|[[[\"global\"]]]|config.json: attention_types must be a list of [pattern,"
            + " count], but was: [[\"global\"]]",
        "attention_types|[[[null], 4]]|config.json: attention_types must be global or local, but"
            + " was: null",
        "attention_types|[[[\"dense\"], 4]]|config.json: attention_types must be global or local,"
            + " but was: dense",
        "attention_types|[[[\"global\"], 3]]|config.json: attention_types must be kinds for"
            + " num_layers (4) layers, but was: 3",
        "attention_types|[[[\"global\"], 2000000000]]|config.json: attention_types must be kinds"
            + " for num_layers (4) layers, but was: 5",
        "window_size|0|config.json: window_size must be a positive integer, but was: 0"
      })
  void gptNeo_badValue(String key, String json, String message) {
    assertRefused(GPT_NEO, set(key, json), message);
  }

  @Test
  void value_longOnesAreCut() {
    assertRefused(
        GPT2,
        set("n_embd", "\"" + "x".repeat(100) + "\""),
        "config.json: n_embd must be a positive integer, but was: \"" + "x".repeat(79) + "…");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "7", "null", "text"})
  void parse_noObject(String text) {
    assertThatThrownBy(() -> HfConfig.parse("config.json", text))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("config.json must hold a JSON object");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{\"n_embd\": }", "{} {}"})
  void parse_noJson(String text) {
    assertThatThrownBy(() -> HfConfig.parse("config.json", text))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("config.json must hold JSON, but could not be parsed");
  }

  @Test
  void parse_deeplyNested() {
    assertThatThrownBy(() -> HfConfig.parse("config.json", "[".repeat(1_000_000)))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("config.json must hold JSON, but could not be parsed");
  }

  private static DecoderSpec spec(String config, Consumer<JsonObject> change) {
    JsonObject json = JsonParser.parseString(config).getAsJsonObject();
    change.accept(json);
    HfConfig parsed = HfConfig.parse("config.json", json.toString());
    return Families.of(parsed).spec(parsed);
  }

  private static void assertRefused(String config, Consumer<JsonObject> change, String message) {
    assertThatThrownBy(() -> spec(config, change))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message);
  }

  private static Consumer<JsonObject> set(String key, String json) {
    return config -> config.add(key, JsonParser.parseString(json));
  }
}
