package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.ModelFolder.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.internal.Values;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class HfSaverTest {
  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2_hubnames", "gpt_neo", "gpt_neo_hub"})
  void save_unchangedModel(String name) {
    ModelFolder source = ModelFolder.copyOf(name, temporary);

    ModelFolder target = source.saved();

    assertThat(target.names()).containsExactly("config.json", "model.safetensors");
    assertThat(target.file("config.json")).hasSameBinaryContentAs(source.file("config.json"));
    assertThat(target.weights().metadata()).isEqualTo(source.weights().metadata());
    assertSame(target.tensors(), source.tensors());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2_hubnames", "gpt_neo_hub"})
  void save_changedModel(String name) {
    ModelFolder source = ModelFolder.copyOf(name, temporary);
    Map<String, double[]> changed = new LinkedHashMap<>();
    ModelFolder target =
        source.saved(
            "saved",
            SaveOptions.defaults(),
            model -> {
              String before = WeightsDigest.of(model);
              update(model);
              assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
              model.parameters().forEach((key, array) -> changed.put(key, Values.of(array)));
            });

    try (TrainableCausalLm again = target.load()) {
      assertThat(again.parameters().keySet()).isEqualTo(changed.keySet());
      again
          .parameters()
          .forEach((key, array) -> assertThat(Values.of(array)).isEqualTo(changed.get(key)));
    }
    Map<String, StoredTensor> before = source.tensors();
    assertThat(target.tensors().keySet()).containsExactlyElementsOf(before.keySet());
    Set<String> buffers = new TreeSet<>(before.keySet());
    buffers.removeAll(changed.keySet());
    buffers.remove("lm_head.weight");
    assertThat(buffers).isNotEmpty().allMatch(buffer -> buffer.contains(".attn."));
    Map<String, StoredTensor> after = target.tensors();
    before.keySet().retainAll(buffers);
    after.keySet().retainAll(buffers);
    assertSame(after, before);
  }

  /** A reader that takes the head from the file, not from the tie, must not get the old weights. */
  @Test
  void save_copyOfTheTiedHeadIsTheChangedEmbedding() {
    ModelFolder source = ModelFolder.copyOf("gpt_neo_hub", temporary);

    ModelFolder target =
        source.saved(
            "saved",
            SaveOptions.defaults(),
            model -> {
              assertThat(model.parameters()).doesNotContainKey("lm_head.weight");
              update(model);
            });

    byte[] head = StoredBytes.of(target.tensor("lm_head.weight"));
    assertThat(head)
        .isEqualTo(StoredBytes.of(target.tensor("transformer.wte.weight")))
        .isNotEqualTo(StoredBytes.of(source.tensor("lm_head.weight")));
  }

  @Test
  void save_companionsComeAlong() throws IOException {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    byte[] generation = {'{', '}', '\n'};
    Files.write(source.file("generation_config.json"), generation);
    Files.writeString(source.file("tokenizer.json"), NewModelTest.TOKENIZER);
    Files.writeString(source.file("README.md"), "the model card");
    Files.writeString(source.file("LICENSE.txt"), "free");
    Files.writeString(source.file("training.log"), "not the model's");

    ModelFolder target = source.saved();

    assertThat(target.names())
        .containsExactly(
            "LICENSE.txt",
            "README.md",
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json");
    for (String name : target.names()) {
      if (!name.equals("model.safetensors")) {
        assertThat(target.file(name)).hasSameBinaryContentAs(source.file(name));
      }
    }
  }

  @Test
  void save_metadataIsKept() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    source.rewrite(Map.of("format", "pt", "note", "mine"), tensors -> tensors);

    assertThat(source.saved().weights().metadata())
        .isEqualTo(Map.of("format", "pt", "note", "mine"));
  }

  @Test
  void save_intoAFile() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "text");
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      assertThatThrownBy(() -> CausalLms.save(model, file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new or an empty folder, but is a file: " + file);
    }
    assertThat(file).hasContent("text");
  }

  @Test
  void save_intoAnEmptyFolder() throws IOException {
    ModelFolder folder = new ModelFolder(Files.createDirectory(temporary.resolve("empty")));
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      CausalLms.save(model, folder.path());
    }

    assertThat(folder.names()).containsExactly("config.json", "model.safetensors");
    assertThat(new ModelFolder(temporary).names()).containsExactly("empty");
  }

  /** Same names in the same order, same types and shapes, same bytes. */
  static void assertSame(Map<String, StoredTensor> after, Map<String, StoredTensor> before) {
    assertThat(after.keySet()).containsExactlyElementsOf(before.keySet());
    before.forEach(
        (name, tensor) ->
            assertThat(after.get(name))
                .as(name)
                .extracting(StoredTensor::type, StoredTensor::dimensions, StoredBytes::of)
                .containsExactly(tensor.type(), tensor.dimensions(), StoredBytes.of(tensor)));
  }
}
