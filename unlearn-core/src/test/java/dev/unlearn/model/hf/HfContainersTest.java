package dev.unlearn.model.hf;

import static dev.unlearn.model.hf.HfSaverTest.assertSame;
import static dev.unlearn.model.hf.ModelFolder.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Values;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightType;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights in one file or several, safetensors or not, with names for one tensor or two. */
@Tag("engine")
final class HfContainersTest {
  private static final String EMBEDDING = "transformer.wte.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path temporary;

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void shards_unchangedModel(ElementType type) throws IOException {
    ModelFolder source = ModelFolder.copyOf("gpt2_hubnames", temporary);
    source.convert(type);
    Map<String, StoredTensor> single = source.tensors();
    long totalBytes = single.values().stream().mapToLong(StoredTensor::byteCount).sum();
    source.shard(3);

    ModelFolder target = source.saved();

    assertThat(target.names()).isEqualTo(source.names());
    assertSame(target.tensors(), source.tensors());
    assertSameFiles(target, source);
    JsonObject index = index(target);
    assertThat(index.get("weight_map").getAsJsonObject().asMap())
        .isEqualTo(index(source).get("weight_map").getAsJsonObject().asMap());
    assertThat(index.get("metadata"))
        .hasToString("{\"total_parameters\":5,\"total_size\":" + totalBytes + "}");
  }

  @Test
  void shards_asOneFile() {
    ModelFolder whole = ModelFolder.copyOf("gpt2", temporary);
    ModelFolder source = whole.saved("sharded", limit(20_000), model -> {});

    try (TrainableCausalLm one = whole.load();
        TrainableCausalLm several = source.load()) {
      assertThat(WeightsDigest.of(several)).isEqualTo(WeightsDigest.of(one));
    }
    ModelFolder back = source.saved("back", limit(Long.MAX_VALUE), model -> {});
    assertThat(back.names()).containsExactly("config.json", "model.safetensors");
    assertSame(back.tensors(), whole.tensors());
  }

  @Test
  void shards_limit() throws IOException {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    long limit = 20_000;

    ModelFolder target = source.saved("saved", limit(limit), model -> {});

    List<WeightFiles.Shard> shards = WeightFiles.find(target.path()).shards();
    assertThat(shards).hasSizeGreaterThan(5);
    for (int i = 0; i < shards.size(); i++) {
      WeightFiles.Shard shard = shards.get(i);
      assertThat(shard.name())
          .isEqualTo("model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size()));
      assertThat(shard.metadata()).isEqualTo(Map.of("format", "pt"));
      long bytes = shard.tensors().values().stream().mapToLong(StoredTensor::byteCount).sum();
      assertThat(bytes <= limit || shard.tensors().size() == 1).as(shard.name()).isTrue();
    }
    assertSame(target.tensors(), source.tensors());
    assertThat(index(target).get("metadata").getAsJsonObject().keySet())
        .containsExactly("total_size");
  }

  @Test
  void shards_limitIsMeasuredInTheTypeWritten() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    long half = source.tensors().values().stream().mapToLong(StoredTensor::byteCount).sum() / 2;

    ModelFolder target =
        source.saved(
            "saved",
            SaveOptions.builder().maxShardBytes(half).weightType(WeightType.F16).build(),
            model -> {});

    assertThat(target.names()).containsExactly("config.json", "model.safetensors");
  }

  /** What safetensors' save_model writes: the first of two names in alphabetical order. */
  @Test
  void alias_embeddingUnderTheNameOfTheHead() {
    ModelFolder plain = ModelFolder.copyOf("gpt2", temporary);
    ModelFolder source = plain.saved("alias", SaveOptions.defaults(), model -> {});
    source.rewrite(
        Map.of("format", "pt", EMBEDDING, HEAD), tensors -> renamed(tensors, EMBEDDING, HEAD));

    ModelFolder target = source.saved();

    assertThat(target.tensors().keySet()).contains(HEAD).doesNotContain(EMBEDDING);
    assertSame(target.tensors(), source.tensors());
    assertThat(target.weights().metadata()).isEqualTo(source.weights().metadata());
    try (TrainableCausalLm model = plain.load();
        TrainableCausalLm aliased = target.load()) {
      assertThat(WeightsDigest.of(aliased)).isEqualTo(WeightsDigest.of(model));
    }
  }

  @Test
  void alias_ofAParameterOfItsOwn() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    source.rewrite(Map.of("format", "pt", HEAD, EMBEDDING), tensors -> tensors);
    source.editConfig(config -> config.addProperty("tie_word_embeddings", false));

    ModelFolder target = source.saved("saved", SaveOptions.defaults(), ModelFolder::update);

    assertThat(target.weights().metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(StoredBytes.of(target.tensor(HEAD)))
        .isNotEqualTo(StoredBytes.of(target.tensor(EMBEDDING)));
    assertThat(target.tensor(HEAD).type()).isEqualTo(ElementType.F32);
  }

  /** As in Python, the only one there is. */
  @Test
  void tied_headWithoutEmbedding() {
    ModelFolder source = ModelFolder.copyOf("gpt2", temporary);
    source.rewrite(Map.of(), tensors -> renamed(tensors, EMBEDDING, HEAD));

    ModelFolder target = source.saved();

    assertSame(target.tensors(), source.tensors());
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"));
        TrainableCausalLm headOnly = target.load()) {
      assertThat(WeightsDigest.of(headOnly)).isEqualTo(WeightsDigest.of(model));
    }
  }

  @Test
  void tied_headDiffers() {
    ModelFolder untied = ModelFolder.copyOf("gpt_neo_hub", temporary);
    untied.editConfig(config -> config.addProperty("tie_word_embeddings", false));
    ModelFolder source = untied.saved("changed", SaveOptions.defaults(), ModelFolder::update);
    source.editConfig(config -> config.remove("tie_word_embeddings"));

    assertThatThrownBy(source::load)
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            source.file("model.safetensors")
                + ": tensor lm_head.weight must equal transformer.wte.weight, to which config.json"
                + " ties it, but differs; to use both, say there that they are not tied"
                + " (tie_word_embeddings)");
  }

  @Test
  void untied_headIsAParameterOfItsOwn() {
    ModelFolder source = ModelFolder.copyOf("gpt_neo_hub", temporary);
    double[] tied;
    try (TrainableCausalLm model = source.load()) {
      tied = ModelFolder.scores(model);
    }
    source.editConfig(config -> config.addProperty("tie_word_embeddings", false));

    ModelFolder target =
        source.saved(
            "saved",
            SaveOptions.defaults(),
            model -> {
              assertThat(ModelFolder.scores(model)).isEqualTo(tied);
              update(model);
              assertThat(
                      Values.distance(
                          Values.of(model.parameters().get(HEAD)),
                          Values.of(model.parameters().get(EMBEDDING))))
                  .isGreaterThan(1e-4);
            });

    assertThat(StoredBytes.of(target.tensor(HEAD)))
        .isNotEqualTo(StoredBytes.of(target.tensor(EMBEDDING)));
  }

  /** Two of its matrices are transposed views; its head shares the embedding's storage. */
  @Test
  void torchFile_viewsAndSharedStorage() {
    ModelFolder source = ModelFolder.copyOf("formats/gpt2_bin_shared_storage", temporary);
    ModelFolder golden = new ModelFolder(GoldenFolder.of("gpt2"));

    ModelFolder target = source.saved();

    assertThat(target.names()).containsExactly("config.json", "model.safetensors");
    assertThat(target.weights().metadata()).isEqualTo(Map.of("format", "pt", HEAD, EMBEDDING));
    List<String> names = new ArrayList<>(source.tensors().keySet());
    names.remove(HEAD);
    assertThat(target.tensors().keySet()).containsExactlyElementsOf(names);
    golden
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(StoredBytes.of(target.tensor(name)))
                    .as(name)
                    .isEqualTo(StoredBytes.of(tensor))
                    .isEqualTo(StoredBytes.of(source.tensor(name))));
  }

  @Test
  void torchFile_sharedStorageOfParametersOfTheirOwn() {
    ModelFolder source = ModelFolder.copyOf("formats/gpt2_bin_shared_storage", temporary);
    source.editConfig(config -> config.addProperty("tie_word_embeddings", false));

    ModelFolder target = source.saved("saved", SaveOptions.defaults(), ModelFolder::update);

    assertThat(target.weights().metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(target.tensors().keySet()).containsExactlyElementsOf(source.tensors().keySet());
    assertThat(StoredBytes.of(target.tensor(HEAD)))
        .isNotEqualTo(StoredBytes.of(target.tensor(EMBEDDING)));
  }

  @Test
  void torchFile_shards() throws IOException {
    ModelFolder source = ModelFolder.copyOf("formats/gpt_neo_bin_sharded", temporary);

    ModelFolder target = source.saved();

    assertThat(target.names())
        .containsExactly(
            "config.json",
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            INDEX);
    assertSame(target.tensors(), source.tensors());
    assertSameFiles(target, source);
    assertThat(index(target).get("metadata")).hasToString("{\"total_size\":223104}");
    try (TrainableCausalLm model = target.load();
        TrainableCausalLm golden = CausalLms.load(GoldenFolder.of("gpt_neo"))) {
      assertThat(WeightsDigest.of(model)).isEqualTo(WeightsDigest.of(golden));
    }
  }

  private static SaveOptions limit(long bytes) {
    return SaveOptions.builder().maxShardBytes(bytes).build();
  }

  private static List<Tensor> renamed(List<Tensor> tensors, String from, String to) {
    return tensors.stream()
        .map(
            tensor ->
                tensor.name().equals(from)
                    ? new Tensor(to, tensor.dataType(), tensor.dimensions(), tensor.source())
                    : tensor)
        .toList();
  }

  private static void assertSameFiles(ModelFolder actual, ModelFolder expected) {
    assertThat(WeightFiles.find(actual.path()).shards())
        .extracting(shard -> List.copyOf(shard.tensors().keySet()))
        .isEqualTo(
            WeightFiles.find(expected.path()).shards().stream()
                .map(shard -> List.copyOf(shard.tensors().keySet()))
                .toList());
  }

  private static JsonObject index(ModelFolder folder) throws IOException {
    return JsonParser.parseString(Files.readString(folder.file(INDEX))).getAsJsonObject();
  }
}
