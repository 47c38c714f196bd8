package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.ModelFolder.scores;
import static dev.unlearn.model.hf.ModelFolder.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("engine")
final class HfCheckpointsTest {
  @TempDir Path temporary;

  @Test
  void load_updateDoesNotChangeTheFile() throws IOException {
    ModelFolder source = copy("gpt2");
    byte[] before = Files.readAllBytes(source.file("model.safetensors"));
    try (TrainableCausalLm model = source.load();
        TrainableCausalLm other = source.load()) {
      String digest = WeightsDigest.of(other);
      update(model);

      assertThat(WeightsDigest.of(model)).isNotEqualTo(digest);
      assertThat(WeightsDigest.of(other)).isEqualTo(digest);
    }

    assertThat(source.file("model.safetensors")).hasBinaryContent(before);
  }

  static Stream<Map.Entry<String, Consumer<JsonObject>>> styles() {
    return Map.<String, Consumer<JsonObject>>of(
        "gpt2",
        config -> {
          config.addProperty("dtype", "float32");
          config.addProperty("n_inner", 128);
        },
        "gpt2_hubnames",
        config -> {
          config.addProperty("torch_dtype", "float32");
          config.add("n_inner", JsonNull.INSTANCE);
          config.addProperty("tie_word_embeddings", true);
          config.remove("layer_norm_epsilon");
          config.remove("activation_function");
        },
        "gpt_neo",
        config -> {
          config.addProperty("dtype", "float32");
          config.remove("attention_layers");
          config.remove("intermediate_size");
        },
        "gpt_neo_hub",
        config -> {
          config.addProperty("torch_dtype", "float32");
          config.remove("attention_types");
          config.addProperty("intermediate_size", 192);
          config.addProperty("tie_word_embeddings", true);
        })
        .entrySet()
        .stream();
  }

  @ParameterizedTest
  @MethodSource("styles")
  void load_oldAndNewStyle(Map.Entry<String, Consumer<JsonObject>> style) {
    ModelFolder source = copy(style.getKey());
    double[] expected;
    try (TrainableCausalLm model = source.load()) {
      expected = scores(model);
    }

    source.editConfig(style.getValue());

    try (TrainableCausalLm model = source.load()) {
      assertThat(scores(model)).isEqualTo(expected);
    }
  }

  @Test
  void load_withoutTokenizer() {
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      String message =
          "the model's folder has no tokenizer (tokenizer.json, or vocab.json and merges.txt);"
              + " give token ids instead of text";

      assertThatThrownBy(() -> model.tokenizer().encode("text"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> model.tokenizer().decode(1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(message);
    }
  }

  @Test
  void load_noSuchFolder() throws IOException {
    Path missing = temporary.resolve("missing");
    Path file = Files.writeString(temporary.resolve("file"), "text");

    assertThatThrownBy(() -> CausalLms.load(missing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model folder must exist, but there is no: " + missing);
    assertThatThrownBy(() -> CausalLms.load(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "model folder must be a folder, but is a file: %s; a TorchScript file is loaded by"
                + " loadTorchScript",
            file);
  }

  @Test
  void load_noConfig() throws IOException {
    ModelFolder source = copy("gpt2");
    Files.delete(source.file("config.json"));

    assertRefused(source, source.path() + " must hold config.json, but has none");
  }

  @Test
  void load_configIsNotJson() throws IOException {
    ModelFolder source = copy("gpt2");
    Path config = source.file("config.json");

    Files.writeString(config, "{\"model_type\": \"gpt2\"");
    assertRefused(source, config + " must hold JSON, but could not be parsed");

    Files.writeString(config, "[]");
    assertRefused(source, config + " must hold a JSON object");
  }

  @Test
  void load_modelType() {
    ModelFolder source = copy("gpt2");

    source.editConfig(config -> config.addProperty("model_type", "gpt3"));
    assertThatThrownBy(source::load)
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining("config.json: model_type must be one of gpt2, gpt_neo, ")
        .hasMessageEndingWith(", but was: gpt3");

    source.editConfig(config -> config.remove("model_type"));
    assertRefused(source, source.file("config.json") + " must name its model_type, but has none");
  }

  @Test
  void load_badValue() {
    ModelFolder source = copy("gpt2");

    source.editConfig(config -> config.addProperty("n_embd", 33));
    assertRefused(
        source,
        source.file("config.json") + ": n_embd must be a multiple of n_head (4), but was: 33");

    source.editConfig(config -> config.addProperty("n_embd", "32"));
    assertRefused(
        source,
        source.file("config.json") + ": n_embd must be a positive integer, but was: \"32\"");
  }

  @Test
  void load_missingTensor() {
    ModelFolder source = copy("gpt2");
    source.rewrite(
        Map.of(),
        tensors ->
            tensors.stream().filter(t -> !t.name().equals("transformer.h.1.ln_2.bias")).toList());

    assertRefused(
        source,
        source.file("model.safetensors")
            + " must hold the tensor transformer.h.1.ln_2.bias, but has none");
  }

  /** Two layers in the file, one by config.json. */
  @Test
  void load_oneLayerTooMany() {
    ModelFolder source = copy("gpt2");
    source.editConfig(config -> config.addProperty("n_layer", 1));

    assertThatThrownBy(source::load)
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            source.file("model.safetensors")
                + " must hold the layers that config.json counts, but has one more: ")
        .hasMessageContaining("transformer.h.1.");
  }

  @Test
  void load_headNotThere() {
    ModelFolder source = copy("gpt2");
    source.editConfig(config -> config.addProperty("tie_word_embeddings", false));

    assertRefused(
        source,
        source.file("model.safetensors")
            + " must hold the tensor lm_head.weight, but has none; config.json does not tie it to"
            + " the embedding");
  }

  @Test
  void load_wrongShape() {
    ModelFolder source = copy("gpt2");
    source.editConfig(config -> config.addProperty("vocab_size", 98));

    assertRefused(
        source,
        source.file("model.safetensors")
            + ": tensor transformer.wte.weight must have shape [98, 32] as config.json says, but"
            + " has [97, 32]");
  }

  @Test
  void load_typeThatIsNoWeight() {
    ModelFolder source = copy("gpt2");
    source.rewrite(
        Map.of(),
        tensors ->
            tensors.stream()
                .map(
                    tensor ->
                        tensor.name().equals("transformer.ln_f.weight")
                            ? new Tensor(
                                tensor.name(),
                                "F8_E4M3",
                                List.of(32L),
                                channel -> channel.write(ByteBuffer.allocate(32)))
                            : tensor)
                .toList());

    assertRefused(
        source,
        source.file("model.safetensors")
            + ": tensor transformer.ln_f.weight must be F32, F16 or BF16, but is F8_E4M3");
  }

  @Test
  void load_cutOffWeights() throws IOException {
    ModelFolder source = copy("gpt2");
    Path file = source.file("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    List<StoredTensor> tensors = List.copyOf(source.weights().tensors().values());
    long dataBytes = bytes.length - tensors.get(0).position();

    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));

    assertRefused(
        source,
        "%s: tensor %s must end within the file's %d bytes of data, but ends at %d; the file is cut"
                .formatted(file, tensors.get(tensors.size() - 1).name(), dataBytes - 1, dataBytes)
            + " off");
  }

  @Test
  void load_refusalLeavesTheFileFree() {
    ModelFolder source = copy("gpt2");
    source.editConfig(config -> config.addProperty("vocab_size", 98));
    assertThatThrownBy(source::load).isInstanceOf(UnlearningException.class);

    source.editConfig(config -> config.addProperty("vocab_size", 97));

    source.load().close();
  }

  /** Python calls every head so, and some files of GPT-NeoX are written by that name. */
  @Test
  void load_headUnderPythonsName() {
    ModelFolder source = copy("gpt_neox");
    source.rewrite(
        Map.of("format", "pt"),
        tensors ->
            tensors.stream()
                .map(
                    tensor ->
                        new Tensor(
                            tensor.name().replace("embed_out", "lm_head"),
                            tensor.dataType(),
                            tensor.dimensions(),
                            tensor.source()))
                .toList());

    try (TrainableCausalLm model = source.load()) {
      assertThat(model.parameters()).containsKey("lm_head.weight");
    }
  }

  @Test
  void load_mixedTypes() {
    ModelFolder source = copy("gpt2");
    source.convert(ElementType.BF16);
    try (TrainableCausalLm rounded = source.load()) {
      source.rewrite(
          Map.of(),
          tensors ->
              tensors.stream()
                  .map(
                      tensor ->
                          tensor.name().endsWith(".bias")
                              ? Tensor.of(tensor.name(), rounded.parameters().get(tensor.name()))
                              : tensor)
                  .toList());

      try (TrainableCausalLm mixed = source.load()) {
        assertThat(WeightsDigest.of(mixed)).isEqualTo(WeightsDigest.of(rounded));
      }
    }
  }

  private ModelFolder copy(String name) {
    return ModelFolder.copyOf(name, temporary);
  }

  private static void assertRefused(ModelFolder folder, String message) {
    assertThatThrownBy(folder::load).isInstanceOf(UnlearningException.class).hasMessage(message);
  }
}
