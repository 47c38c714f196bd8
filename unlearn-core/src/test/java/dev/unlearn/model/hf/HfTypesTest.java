package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.HfSaverTest.assertSame;
import static dev.unlearn.model.hf.ModelFolder.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Values;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightType;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The element types of weights, as they come and as they are asked for. */
@Tag("engine")
final class HfTypesTest {
  @TempDir Path temporary;

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void save_unchangedModel(ElementType type) {
    ModelFolder source = ModelFolder.copyOf("gpt_neo_hub", temporary);
    source.convert(type);
    assertThat(source.tensor("lm_head.weight").type()).isEqualTo(type);
    assertThat(source.tensor("transformer.h.0.attn.attention.masked_bias").type())
        .isEqualTo(ElementType.F32);

    ModelFolder target = source.saved();

    assertSame(target.tensors(), source.tensors());
    assertThat(target.file("config.json")).hasSameBinaryContentAs(source.file("config.json"));
  }

  /** Weights are trained as float32; what is loaded again is what was trained, rounded once. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void save_changedModel(ElementType type) {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    source.convert(type);
    Map<String, double[]> trained = new LinkedHashMap<>();

    ModelFolder target =
        source.saved(
            "saved",
            SaveOptions.defaults(),
            model -> {
              update(model);
              model
                  .parameters()
                  .forEach(
                      (name, array) -> {
                        assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
                        trained.put(name, Values.of(array));
                      });
            });

    double step = type == ElementType.F16 ? 0x1p-11 : 0x1p-8;
    try (TrainableCausalLm again = target.load()) {
      again
          .parameters()
          .forEach(
              (name, array) -> {
                double[] expected = trained.get(name);
                double[] actual = Values.of(array);
                for (int i = 0; i < actual.length; i++) {
                  assertThat(Math.abs(actual[i] - expected[i]))
                      .as("%s %s", name, i)
                      .isLessThanOrEqualTo(step * Math.abs(expected[i]) + 0x1p-25);
                }
              });
    }
    assertThat(target.tensors().values()).extracting(StoredTensor::type).containsOnly(type);
  }

  @ParameterizedTest
  @EnumSource
  void save_asAnotherType(WeightType type) {
    ModelFolder source = ModelFolder.copyOf("gpt_neo_hub", temporary);
    SaveOptions options = SaveOptions.builder().weightType(type).build();

    ModelFolder target = source.saved("saved", options, model -> {});

    Map<String, StoredTensor> before = source.tensors();
    assertThat(target.tensors().keySet()).containsExactlyElementsOf(before.keySet());
    target
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(tensor.type())
                    .as(name)
                    .isEqualTo(
                        name.endsWith(".attention.bias") || name.endsWith(".masked_bias")
                            ? before.get(name).type()
                            : ElementType.valueOf(type.name())));
    // Back in float32, nothing is lost any more.
    ModelFolder back =
        target.saved("back", SaveOptions.builder().weightType(WeightType.F32).build(), model -> {});
    assertSame(back.saved("again", options, model -> {}).tensors(), target.tensors());
  }

  @Test
  void save_configurationNamesTheTypeAskedFor() throws IOException {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    String before =
        """
        {
          "model_type": "gpt2",
          "torch_dtype": "float32",
          "layer_norm_epsilon": 1e-05,
          "n_inner": null,
          "vocab_size": 97, "n_positions": 64, "n_embd": 32, "n_head": 4, "n_layer": 2,
          "task": {"dtype": "mine", "<a>": [1.0, true]}
        }
        """;
    Files.writeString(source.file("config.json"), before);

    ModelFolder same =
        source.saved("same", SaveOptions.builder().weightType(WeightType.F32).build(), model -> {});
    ModelFolder other =
        source.saved(
            "other", SaveOptions.builder().weightType(WeightType.BF16).build(), model -> {});

    assertThat(Files.readString(same.file("config.json"))).isEqualTo(before);
    assertThat(Files.readString(other.file("config.json")).replaceAll("\\s+", ""))
        .isEqualTo(before.replace("float32", "bfloat16").replaceAll("\\s+", ""));
    other.load().close();
  }

  @Test
  void save_valueTooLargeForTheType() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = source.load()) {
      NDArray large = model.parameters().get("transformer.ln_f.weight").mul(1e6f);
      source.rewrite(
          Map.of(),
          tensors ->
              tensors.stream()
                  .map(
                      tensor ->
                          tensor.name().equals("transformer.ln_f.weight")
                              ? Tensor.of(tensor.name(), large)
                              : tensor)
                  .toList());
    }

    try (TrainableCausalLm model = source.load()) {
      assertThatThrownBy(
              () ->
                  CausalLms.save(
                      model, target, SaveOptions.builder().weightType(WeightType.F16).build()))
          .isInstanceOf(UnlearningException.class)
          .hasMessageStartingWith(
              "cannot write the folder "
                  + target
                  + ": tensor transformer.ln_f.weight must have values up to 65504 to be written as"
                  + " F16, but has one of size ");
    }
    assertThat(target).doesNotExist();
  }

  @Test
  void options_badValues() {
    assertThatThrownBy(() -> SaveOptions.builder().maxShardBytes(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxShardBytes must be > 0, but was: 0");
  }
}
