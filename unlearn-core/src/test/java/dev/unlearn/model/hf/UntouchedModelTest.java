package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightType;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model of each family that nothing was done to goes back byte by byte. */
@Tag("engine")
@ParameterizedClass
@ValueSource(
    strings = {
      "gpt2",
      "gpt2_hubnames",
      "gpt_neo_hub",
      "opt_post",
      "opt_pre_f16",
      "gpt_neox",
      "llama_gqa",
      "llama_tied",
      "llama3_rope",
      "mistral",
      "qwen2",
      "qwen3",
      "phi",
      "gemma",
      "gemma2",
      "stablelm"
    })
final class UntouchedModelTest {
  @Parameter String name;

  @TempDir Path folder;

  @Test
  void save_asItCame() throws IOException {
    assertSavedAsIs(GoldenFolder.of(name));
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void save_asItCameInHalf(WeightType type) throws IOException {
    Path half = folder.resolve("half");
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of(name))) {
      CausalLms.save(model, half, SaveOptions.builder().weightType(type).build());
    }

    assertThat(weights(half).tensors().values())
        .extracting(StoredTensor::type)
        .contains(ElementType.valueOf(type.name()));
    assertSavedAsIs(half);
  }

  private void assertSavedAsIs(Path source) throws IOException {
    Path target = folder.resolve("saved");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      CausalLms.save(model, target);
    }

    SafetensorsFile expected = weights(source);
    SafetensorsFile actual = weights(target);
    assertThat(actual.metadata()).isEqualTo(expected.metadata());
    assertThat(actual.tensors().keySet()).containsExactlyElementsOf(expected.tensors().keySet());
    for (Map.Entry<String, StoredTensor> entry : expected.tensors().entrySet()) {
      StoredTensor tensor = actual.tensors().get(entry.getKey());
      assertThat(tensor.type()).as(entry.getKey()).isEqualTo(entry.getValue().type());
      assertThat(tensor.dimensions()).as(entry.getKey()).isEqualTo(entry.getValue().dimensions());
      assertThat(StoredBytes.of(tensor))
          .as(entry.getKey())
          .isEqualTo(StoredBytes.of(entry.getValue()));
    }
    assertThat(target.resolve("config.json")).hasSameBinaryContentAs(source.resolve("config.json"));
    assertThat(Files.exists(target.resolve("model.safetensors.index.json"))).isFalse();
  }

  private static SafetensorsFile weights(Path model) {
    return SafetensorsFile.read(model.resolve("model.safetensors"));
  }
}
