package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.decoder.Activation;
import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.LayerSpec;
import dev.unlearn.model.decoder.NormSpec;
import dev.unlearn.model.decoder.QkvLayout;
import dev.unlearn.model.decoder.RotarySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What absent and unusual keys mean to families after GPT-Neo; usual ones are in the golden cases.
 */
final class RotaryFamiliesTest {
  private static final String SIZES =
      "'vocab_size': 97, 'max_position_embeddings': 64, 'hidden_size': 32,"
          + " 'num_attention_heads': 4, 'num_hidden_layers': 2, 'intermediate_size': 48";

  /** The styles of versions 4 and 5 of the transformers library. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma2",
        "gpt_neox_sequential",
        "llama3_rope",
        "phi_gqa",
        "qwen2_window",
        "qwen3",
        "stablelm"
      })
  void config_bothStylesSayTheSame(String name) throws IOException {
    String one = Files.readString(GoldenFolder.of(name).resolve("config.json"));
    String other = Files.readString(GoldenFolder.of(name).resolve("config.other.json"));

    assertThat(other).isNotEqualTo(one);
    assertThat(parse(other)).isEqualTo(parse(one));
  }

  @Test
  void llama_defaults() {
    DecoderSpec spec = spec("llama", "");

    assertThat(spec.keyValueHeadCount()).isEqualTo(4);
    assertThat(spec.headWidth()).isEqualTo(8);
    assertThat(spec.rotary()).contains(RotarySpec.of(8, 10_000));
    assertThat(spec.norm()).isEqualTo(NormSpec.rms(1e-6f));
    assertThat(spec.activation()).isEqualTo(Activation.SILU);
    assertThat(spec.qkvBias() || spec.attentionOutBias() || spec.innerBias()).isFalse();
    assertThat(spec.tiedHead()).isFalse();
    assertThat(spec.layers()).containsOnly(new LayerSpec(0, 1 / Math.sqrt(8)));
  }

  @Test
  void llama_givenValues() {
    DecoderSpec spec =
        spec(
            "llama",
            ", 'num_key_value_heads': 2, 'head_dim': 6, 'attention_bias': true, 'mlp_bias': true,"
                + " 'rope_theta': 500, 'tie_word_embeddings': true,"
                + " 'rope_scaling': {'type': 'linear', 'factor': 2}");

    assertThat(spec.keyValueHeadCount()).isEqualTo(2);
    assertThat(spec.headWidth()).isEqualTo(6);
    assertThat(spec.rotary()).contains(RotarySpec.of(6, 500).linear(2));
    assertThat(spec.qkvBias() && spec.attentionOutBias() && spec.innerBias()).isTrue();
    assertThat(spec.tiedHead()).isTrue();
  }

  @Test
  void llama_absentContextLengthAndEmptyScaling() {
    JsonObject json = object(SIZES + ", 'num_key_value_heads': 4, 'rope_scaling': {}");
    json.addProperty("model_type", "llama");
    json.remove("max_position_embeddings");
    json.add("rope_parameters", object("'rope_type': 'linear', 'factor': 2"));

    DecoderSpec spec = parse(json.toString());

    assertThat(spec.contextLength()).isEqualTo(2048);
    assertThat(spec.rotary()).contains(RotarySpec.of(8, 10_000).linear(2));
  }

  /** Scaling comes before parameters; a base inside before one outside. */
  @Test
  void rotary_precedence() {
    assertThat(
            spec(
                    "llama",
                    ", 'rope_theta': 500, 'rope_parameters': {'rope_theta': 700},"
                        + " 'rope_scaling': {'rope_type': 'default'}")
                .rotary())
        .contains(RotarySpec.of(8, 500));
    assertThat(
            spec("llama", ", 'rope_theta': 500, 'rope_parameters': {'rope_theta': 700}").rotary())
        .contains(RotarySpec.of(8, 700));
    assertThat(
            spec(
                    "llama",
                    ", 'original_max_position_embeddings': 16, 'rope_scaling': {'rope_type':"
                        + " 'llama3', 'factor': 8, 'low_freq_factor': 1, 'high_freq_factor': 4,"
                        + " 'original_max_position_embeddings': 32}")
                .rotary())
        .contains(RotarySpec.of(8, 10_000).llama3(8, 1, 4, 16));
  }

  @ParameterizedTest
  @CsvSource({"mistral,8", "qwen2,32", "qwen3,32", "gemma,16", "gemma2,4", "llama,64", "phi,64"})
  void keyValueHeads_absentOrNull(String modelType, int expected) {
    String heads = "'num_attention_heads': 64, 'hidden_size': 256";

    assertThat(parse(json(modelType, heads)).keyValueHeadCount()).isEqualTo(expected);
    assertThat(parse(json(modelType, heads + ", 'num_key_value_heads': null")).keyValueHeadCount())
        .isEqualTo(64);
  }

  @Test
  void mistral_windows() {
    assertThat(windows("mistral", "")).containsExactly(4096, 4096);
    assertThat(windows("mistral", ", 'sliding_window': null")).containsExactly(0, 0);
    assertThat(windows("mistral", ", 'sliding_window': 7")).containsExactly(7, 7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "qwen3"})
  void qwen_windows(String modelType) {
    assertThat(windows(modelType, ", 'sliding_window': 7")).containsExactly(0, 0);
    String on = ", 'use_sliding_window': true";
    assertThat(windows(modelType, on)).containsExactly(0, 0);
    assertThat(windows(modelType, on + ", 'max_window_layers': 1")).containsExactly(0, 4096);
    assertThat(windows(modelType, on + ", 'max_window_layers': 0, 'sliding_window': 7"))
        .containsExactly(7, 7);
    assertThat(windows(modelType, on + ", 'max_window_layers': 0, 'sliding_window': null"))
        .containsExactly(0, 0);
    assertThat(
            windows(
                modelType,
                on
                    + ", 'sliding_window': 7, 'layer_types':"
                    + " ['sliding_attention', 'full_attention']"))
        .containsExactly(7, 0);
  }

  @Test
  void gemma_activations() {
    assertThat(spec("gemma", "").activation()).isEqualTo(Activation.GELU_TANH);
    assertThat(spec("gemma", ", 'hidden_act': 'gelu'").activation())
        .isEqualTo(Activation.GELU_TANH);
    assertThat(spec("gemma", ", 'hidden_act': 'gelu', 'hidden_activation': null").activation())
        .isEqualTo(Activation.GELU_TANH);
    assertThat(spec("gemma", ", 'hidden_act': 'silu', 'hidden_activation': 'silu'").activation())
        .isEqualTo(Activation.SILU);
    assertThat(spec("gemma", "").embeddingScale()).isEqualTo((float) Math.sqrt(32));
    assertThat(spec("gemma", "").tiedHead()).isTrue();
  }

  @Test
  void gemma2_defaults() {
    DecoderSpec spec = spec("gemma2", "");

    assertThat(spec.headWidth()).isEqualTo(256);
    assertThat(spec.attentionCap()).isEqualTo(50);
    assertThat(spec.logitCap()).isEqualTo(30);
    assertThat(spec.layers())
        .containsExactly(new LayerSpec(4096, 1 / 16.0), new LayerSpec(0, 1 / 16.0));
    assertThat(spec.blockForm()).isEqualTo(BlockForm.PRE_AND_POST_NORM);
    assertThat(spec("gemma2", ", 'final_logit_softcapping': null").logitCap()).isZero();
  }

  @Test
  void gptNeox_defaults() {
    DecoderSpec spec = spec("gpt_neox", ", 'rope_theta': 7, 'partial_rotary_factor': 1");

    assertThat(spec.rotary()).contains(RotarySpec.of(2, 10_000));
    assertThat(spec.blockForm()).isEqualTo(BlockForm.PARALLEL);
    assertThat(spec.qkvLayout()).isEqualTo(QkvLayout.FUSED_BY_HEAD);
    assertThat(spec.activation()).isEqualTo(Activation.GELU);
    assertThat(spec.qkvBias() && spec.attentionOutBias() && spec.innerBias()).isTrue();
    assertThat(spec.tiedHead()).isFalse();
  }

  @Test
  void opt_variants() {
    DecoderSpec spec = spec("opt", ", 'ffn_dim': 40");

    assertThat(spec.embeddingWidth()).isEqualTo(32);
    assertThat(spec.positionOffset()).isEqualTo(2);
    assertThat(spec.finalNorm()).isTrue();
    assertThat(spec.tiedHead()).isTrue();
    assertThat(spec.activation()).isEqualTo(Activation.RELU);
    DecoderSpec after = spec("opt", ", 'ffn_dim': 40, 'do_layer_norm_before': false");
    assertThat(after.blockForm()).isEqualTo(BlockForm.POST_NORM);
    assertThat(after.finalNorm()).isFalse();
    assertThat(spec("opt", ", 'ffn_dim': 40, '_remove_final_layer_norm': true").finalNorm())
        .isFalse();
    assertThat(spec("opt", ", 'ffn_dim': 40, 'enable_bias': false").innerBias()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llama|, 'hidden_size': 30|config.json: hidden_size must be a multiple of"
            + " num_attention_heads (4), but was: 30",
        "llama|, 'num_key_value_heads': 3|config.json: headCount must be a multiple of"
            + " keyValueHeadCount (3), but was: 4",
        "llama|, 'rope_scaling': 7|config.json: rope_scaling must be an object, but was: 7",
        "llama|, 'rope_scaling': {'rope_type': 'yarn'}|config.json: rope_scaling: rope_type must be"
            + " default, linear, dynamic or llama3, but was: yarn",
        "llama|, 'rope_scaling': {'rope_type': 'linear'}|config.json: rope_scaling: factor must be"
            + " given, > 0 and at most 1e9, but was: 0.0",
        "llama|, 'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 4,"
            + " 'high_freq_factor': 4}|config.json: rope_scaling: high_freq_factor must be >"
            + " low_freq_factor (4.0), but was: 4.0",
        "llama|, 'rope_theta': 1|config.json: rope_theta must be > 1 in float32, but was: 1.0",
        "llama|, 'head_dim': 7|config.json: the number of turned elements per head must be even,"
            + " > 0 and at most 65536, but was: 7",
        "qwen2|, 'layer_types': ['full_attention']|config.json: layer_types must be kinds for"
            + " num_hidden_layers (2), but was: 1",
        "qwen2|, 'layer_types': ['full_attention', 'chunked']|config.json: layer_types must be"
            + " full_attention or sliding_attention, but was: chunked",
        "qwen2|, 'layer_types': [7, 8]|config.json: layer_types must be a string, but was: 7",
        "qwen2|, 'layer_types': ['full_attention', 'sliding_attention']|config.json: layer_types"
            + " must be full_attention where there is no window, but was: sliding_attention",
        "mistral|, 'layer_types': ['full_attention', 'sliding_attention']|config.json: layer_types"
            + " must be sliding_attention in mistral models, but was: full_attention",
        "gemma|, 'hidden_act': 'gelu_pytorch_tanh', 'hidden_activation': 'silu'|config.json:"
            + " hidden_activation must be what hidden_act says, but was: silu",
        "llama|, 'rope_parameters': {'full_attention': {}}|config.json: rope_parameters:"
            + " full_attention must be absent, since kinds of layers cannot differ here, but was:"
            + " {}",
        "phi|, 'qk_layernorm': true|config.json: qk_layernorm must be false, the only form that is"
            + " built, but was: true",
        "phi|, 'partial_rotary_factor': 1.5|config.json: partial_rotary_factor must be > 0 and <="
            + " 1, but was: 1.5",
        "gemma2|, 'attn_logit_softcapping': -3|config.json: attn_logit_softcapping must be null or"
            + " > 0 in float32, but was: -3.0",
        "opt|, 'ffn_dim': 4, 'layer_norm_elementwise_affine': false|config.json:"
            + " layer_norm_elementwise_affine must be true, the only form that is built, but was:"
            + " false"
      })
  void badValue(String modelType, String more, String message) {
    assertThatThrownBy(() -> spec(modelType, more))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message);
  }

  private static List<Integer> windows(String modelType, String more) {
    return spec(modelType, more).layers().stream().map(LayerSpec::window).toList();
  }

  private static DecoderSpec spec(String modelType, String more) {
    return parse(json(modelType, "'num_key_value_heads': 4" + more));
  }

  /** The sizes, and keys that replace or join them. */
  private static String json(String modelType, String keys) {
    JsonObject json = object(SIZES);
    json.addProperty("model_type", modelType);
    object(keys).asMap().forEach(json::add);
    return json.toString();
  }

  private static JsonObject object(String keys) {
    return JsonParser.parseString("{" + keys.replace('\'', '"') + "}").getAsJsonObject();
  }

  private static DecoderSpec parse(String text) {
    HfConfig config = HfConfig.parse("config.json", text);
    return Families.of(config).spec(config);
  }
}
