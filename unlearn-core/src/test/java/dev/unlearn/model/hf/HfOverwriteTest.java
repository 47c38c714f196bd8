package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.HfSaverTest.assertSame;
import static dev.unlearn.model.hf.ModelFolder.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Saving over a model that is there. */
@Tag("engine")
final class HfOverwriteTest {
  private static final SaveOptions OVERWRITE = SaveOptions.builder().overwrite(true).build();

  @TempDir Path temporary;

  @Test
  void save_notTold() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    ModelFolder other = ModelFolder.copyOf("gpt_neo", temporary);
    try (TrainableCausalLm model = source.load()) {
      assertThatThrownBy(() -> CausalLms.save(model, temporary.resolve("gpt2/../gpt2")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "target must be new or an empty folder, but is the one the model was loaded from; to"
                  + " replace it, say so (SaveOptions.overwrite): "
                  + temporary.resolve("gpt2/../gpt2"));
      assertThatThrownBy(() -> CausalLms.save(model, other.path()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new or an empty folder, but holds files: " + other.path());
    }
  }

  /**
   * The weights are mapped from files that are no more. The second save shows that what is no
   * parameter does not come from the folder any more either.
   */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2_hubnames", "formats/gpt_neo_bin_sharded"})
  void save_overItsOwnFolder(String name) {
    ModelFolder source = ModelFolder.copyOf(name, temporary);
    ModelFolder expected = source.saved("expected", SaveOptions.defaults(), ModelFolder::update);
    Map<String, StoredTensor> first = source.saved().tensors();

    try (TrainableCausalLm model = source.load()) {
      CausalLms.save(model, source.path(), OVERWRITE);
      assertThat(source.names()).isEqualTo(expected.names());
      assertSame(source.tensors(), first);

      update(model);
      CausalLms.save(model, source.path(), OVERWRITE);
      assertSame(source.tensors(), expected.tensors());

      try (TrainableCausalLm again = source.load()) {
        assertThat(WeightsDigest.of(again)).isEqualTo(WeightsDigest.of(model));
      }
    }
  }

  @Test
  void save_inFilesOfAnotherSize() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    Map<String, StoredTensor> before = source.saved().tensors();
    try (TrainableCausalLm model = source.load()) {
      CausalLms.save(
          model,
          source.path(),
          SaveOptions.builder().overwrite(true).maxShardBytes(50_000).build());
      assertThat(source.names())
          .contains("model.safetensors.index.json")
          .doesNotContain("model.safetensors");

      CausalLms.save(model, source.path(), OVERWRITE);
      assertThat(source.names()).containsExactly("config.json", "model.safetensors");
    }
    assertSame(source.tensors(), before);
  }

  /** Another model's tokenizer or other weights must not be taken for this one's. */
  @Test
  void save_overAnotherModel() throws IOException {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    ModelFolder target = ModelFolder.copyOf("formats/gpt_neo_bin_sharded", temporary);
    for (String name :
        List.of(
            "tf_model.h5",
            "pytorch_model_fp16.bin",
            "consolidated.00.pth",
            "added_tokens.json",
            "README.md",
            "notes",
            "q4.gguf")) {
      Files.writeString(target.file(name), "another model's");
    }
    Files.createDirectory(target.file("logs"));
    Files.writeString(target.file("logs").resolve("model.safetensors"), "log");
    ModelFolder expected = source.saved();

    try (TrainableCausalLm model = source.load()) {
      CausalLms.checkSavable(model, target.path(), OVERWRITE);
      CausalLms.save(model, target.path(), OVERWRITE);
    }

    assertThat(target.names())
        .containsExactly("config.json", "logs", "model.safetensors", "notes", "q4.gguf");
    assertThat(WeightFiles.others(target.path())).isEqualTo("q4.gguf");
    assertThat(target.file("logs").resolve("model.safetensors")).hasContent("log");
    assertSame(target.tensors(), expected.tensors());
  }

  @Test
  void save_overWhatIsNoModel() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("thesis"));
    Files.writeString(folder.resolve("thesis.tex"), "text");
    String message =
        "target must be empty or hold a model (config.json) to be overwritten, but does neither: "
            + folder;

    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      assertThatThrownBy(() -> CausalLms.save(model, folder, OVERWRITE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> CausalLms.checkSavable(model, folder, OVERWRITE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
    assertThat(new ModelFolder(folder).names()).containsExactly("thesis.tex");
  }

  @Test
  void checkSavable_refusesWhatSaveWould() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    Path file = Files.writeString(temporary.resolve("file"), "mine");
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    try (TrainableCausalLm model = source.load()) {
      CausalLms.checkSavable(model, empty);
      CausalLms.checkSavable(model, empty, OVERWRITE);
      CausalLms.checkSavable(model, source.path(), OVERWRITE);
      assertThatThrownBy(() -> CausalLms.checkSavable(model, source.path()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is the one the model was loaded from");
      assertThatThrownBy(() -> CausalLms.checkSavable(model, file, OVERWRITE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new or an empty folder, but is a file: " + file);
    }
    assertThat(empty).isEmptyDirectory();
    assertThat(file).hasContent("mine");
  }

  @Test
  void save_whereNothingIs() {
    ModelFolder target = new ModelFolder(temporary.resolve("new"));
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      CausalLms.checkSavable(model, target.path(), OVERWRITE);
      CausalLms.save(model, target.path(), OVERWRITE);
    }

    assertThat(target.names()).containsExactly("config.json", "model.safetensors");
  }
}
