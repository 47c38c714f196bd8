package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Values;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.TensorEntry;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import dev.unlearn.training.WeightsDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class HfCheckpointsTest {
  private static final List<TokenSequence> SEQUENCES =
      List.of(
          TokenSequence.of(5, 17, 3, 80, 41, 9, 9, 60, 2, 33, 71, 12), TokenSequence.of(7, 8, 9));
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
       "pre_tokenizer":
         {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "a": 1, "b": 2}, "unk_token": "<unk>"}}
      """;

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2_hubnames", "gpt_neo", "gpt_neo_hub"})
  void save_unchangedModel(String name) throws IOException {
    Path source = copy(name);
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      CausalLms.save(model, target);
    }

    assertThat(files(target)).isEqualTo(Set.of("config.json", "model.safetensors"));
    assertThat(target.resolve("config.json")).hasSameBinaryContentAs(source.resolve("config.json"));
    try (SafetensorsFile before = weights(source);
        SafetensorsFile after = weights(target)) {
      assertThat(after.metadata()).isEqualTo(before.metadata());
      assertThat(after.tensors().keySet()).containsExactlyElementsOf(before.tensors().keySet());
      for (TensorEntry tensor : before.tensors().values()) {
        assertThat(after.tensors().get(tensor.name()))
            .extracting(TensorEntry::dataType, TensorEntry::dimensions)
            .containsExactly(tensor.dataType(), tensor.dimensions());
        assertThat(after.map(tensor.name())).as(tensor.name()).isEqualTo(before.map(tensor.name()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2_hubnames", "gpt_neo_hub"})
  void save_changedModel(String name) throws IOException {
    Path source = copy(name);
    Path target = temporary.resolve("saved");
    String digest;
    Map<String, double[]> changed = new LinkedHashMap<>();
    try (TrainableCausalLm model = CausalLms.load(source)) {
      String before = WeightsDigest.of(model);
      update(model);
      digest = WeightsDigest.of(model);
      assertThat(digest).isNotEqualTo(before);
      model.parameters().forEach((key, array) -> changed.put(key, Values.of(array)));
      CausalLms.save(model, target);
    }

    try (TrainableCausalLm again = CausalLms.load(target)) {
      assertThat(WeightsDigest.of(again)).isEqualTo(digest);
      again
          .parameters()
          .forEach((key, array) -> assertThat(Values.of(array)).isEqualTo(changed.get(key)));
    }
    try (SafetensorsFile before = weights(source);
        SafetensorsFile after = weights(target)) {
      assertThat(after.tensors().keySet()).containsExactlyElementsOf(before.tensors().keySet());
      Set<String> buffers = new TreeSet<>(before.tensors().keySet());
      buffers.removeAll(changed.keySet());
      buffers.remove("lm_head.weight");
      assertThat(buffers).isNotEmpty().allMatch(buffer -> buffer.contains(".attn."));
      buffers.forEach(
          buffer -> assertThat(after.map(buffer)).as(buffer).isEqualTo(before.map(buffer)));
    }
  }

  /** A reader that takes the head from the file, not from the tie, must not get the old weights. */
  @Test
  void save_copyOfTheTiedHeadIsTheChangedEmbedding() throws IOException {
    Path source = copy("gpt_neo_hub");
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      assertThat(model.parameters()).doesNotContainKey("lm_head.weight");
      update(model);
      CausalLms.save(model, target);
    }

    try (SafetensorsFile before = weights(source);
        SafetensorsFile after = weights(target)) {
      ByteBuffer head = after.map("lm_head.weight");
      assertThat(head).isEqualTo(after.map("transformer.wte.weight"));
      assertThat(head).isNotEqualTo(before.map("lm_head.weight"));
    }
  }

  @Test
  void save_companionsComeAlong() throws IOException {
    Path source = copy("gpt2");
    byte[] generation = {'{', '}', '\n'};
    Files.write(source.resolve("generation_config.json"), generation);
    Files.writeString(source.resolve("tokenizer.json"), TOKENIZER);
    Files.writeString(source.resolve("README.md"), "not the model's");
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      CausalLms.save(model, target);
    }

    assertThat(files(target))
        .isEqualTo(
            Set.of("config.json", "generation_config.json", "model.safetensors", "tokenizer.json"));
    assertThat(target.resolve("generation_config.json")).hasBinaryContent(generation);
    assertThat(target.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(source.resolve("tokenizer.json"));
  }

  @Test
  void save_metadataIsKept() throws IOException {
    Path source = copy("gpt2");
    rewrite(source, Map.of("format", "pt", "note", "mine"), tensors -> tensors);
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      CausalLms.save(model, target);
    }

    try (SafetensorsFile after = weights(target)) {
      assertThat(after.metadata()).isEqualTo(Map.of("format", "pt", "note", "mine"));
    }
  }

  @Test
  void save_overTheFolderItWasLoadedFrom() throws IOException {
    Path source = copy("gpt2");
    try (TrainableCausalLm model = CausalLms.load(source)) {
      assertThatThrownBy(() -> CausalLms.save(model, source))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new or an empty folder, but holds files: " + source);
    }
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
    Path folder = Files.createDirectory(temporary.resolve("empty"));
    try (TrainableCausalLm model = CausalLms.load(GoldenFolder.of("gpt2"))) {
      CausalLms.save(model, folder);
    }

    assertThat(files(folder)).isEqualTo(Set.of("config.json", "model.safetensors"));
    assertThat(files(temporary)).isEqualTo(Set.of("empty"));
  }

  @Test
  void load_updateDoesNotChangeTheFile() throws IOException {
    Path source = copy("gpt2");
    byte[] before = Files.readAllBytes(source.resolve("model.safetensors"));
    try (TrainableCausalLm model = CausalLms.load(source);
        TrainableCausalLm other = CausalLms.load(source)) {
      String digest = WeightsDigest.of(other);
      update(model);

      assertThat(WeightsDigest.of(model)).isNotEqualTo(digest);
      assertThat(WeightsDigest.of(other)).isEqualTo(digest);
    }

    assertThat(source.resolve("model.safetensors")).hasBinaryContent(before);
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
  void load_oldAndNewStyle(Map.Entry<String, Consumer<JsonObject>> style) throws IOException {
    Path source = copy(style.getKey());
    double[] expected;
    try (DjlCausalLm model = HfCheckpoints.load(source)) {
      expected = scores(model);
    }

    edit(source, style.getValue());

    try (DjlCausalLm model = HfCheckpoints.load(source)) {
      assertThat(scores(model)).isEqualTo(expected);
    }
  }

  @Test
  void load_untiedHeadIsAParameterOfItsOwn() throws IOException {
    Path source = copy("gpt_neo_hub");
    double[] expected;
    try (DjlCausalLm model = HfCheckpoints.load(source)) {
      expected = scores(model);
    }
    edit(source, config -> config.addProperty("tie_word_embeddings", false));
    Path target = temporary.resolve("saved");

    try (DjlCausalLm model = HfCheckpoints.load(source)) {
      assertThat(scores(model)).isEqualTo(expected);
      update(model);
      Map<String, NDArray> parameters = model.parameters();
      assertThat(
              Values.distance(
                  Values.of(parameters.get("lm_head.weight")),
                  Values.of(parameters.get("transformer.wte.weight"))))
          .isGreaterThan(1e-4);
      CausalLms.save(model, target);
    }
    try (SafetensorsFile after = weights(target)) {
      assertThat(after.map("lm_head.weight")).isNotEqualTo(after.map("transformer.wte.weight"));
    }
  }

  @Test
  void load_withoutTokenizer() {
    try (DjlCausalLm model = HfCheckpoints.load(GoldenFolder.of("gpt2"))) {
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

    for (Path path : List.of(missing, file)) {
      assertThatThrownBy(() -> CausalLms.load(path))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("model folder must exist, but there is no: " + path);
    }
  }

  @Test
  void load_noConfig() throws IOException {
    Path source = copy("gpt2");
    Files.delete(source.resolve("config.json"));

    assertRefused(() -> load(source), source + " must hold config.json, but has none");
  }

  @Test
  void load_noWeights() throws IOException {
    Path source = copy("gpt2");
    Files.delete(source.resolve("model.safetensors"));

    assertRefused(() -> load(source), source + " must hold model.safetensors, but has none");
  }

  @Test
  void load_configIsNotJson() throws IOException {
    Path source = copy("gpt2");
    Path config = source.resolve("config.json");

    Files.writeString(config, "{\"model_type\": \"gpt2\"");
    assertRefused(() -> load(source), config + " must hold JSON, but could not be parsed");

    Files.writeString(config, "[]");
    assertRefused(() -> load(source), config + " must hold a JSON object");
  }

  @Test
  void load_modelType() throws IOException {
    Path source = copy("gpt2");

    edit(source, config -> config.addProperty("model_type", "gpt_neox"));
    assertRefused(() -> load(source), "No model_type 'gpt_neox'; known: gpt2, gpt_neo");

    edit(source, config -> config.remove("model_type"));
    assertRefused(
        () -> load(source),
        source.resolve("config.json") + " must name its model_type, but has none");
  }

  @Test
  void load_badValue() throws IOException {
    Path source = copy("gpt2");

    edit(source, config -> config.addProperty("n_embd", 33));
    assertRefused(
        () -> load(source),
        source.resolve("config.json") + ": n_embd must be a multiple of n_head (4), but was: 33");

    edit(source, config -> config.addProperty("n_embd", "32"));
    assertRefused(
        () -> load(source),
        source.resolve("config.json") + ": n_embd must be a positive integer, but was: \"32\"");
  }

  @Test
  void load_missingTensor() throws IOException {
    Path source = copy("gpt2");
    rewrite(
        source,
        Map.of(),
        tensors -> {
          List<SafetensorsWriter.Tensor> kept = new ArrayList<>(tensors);
          kept.removeIf(tensor -> tensor.name().equals("transformer.h.1.ln_2.bias"));
          return kept;
        });

    assertRefused(
        () -> load(source),
        source.resolve("model.safetensors")
            + " must hold the tensor transformer.h.1.ln_2.bias, but has none");
  }

  @Test
  void load_headNotThere() throws IOException {
    Path source = copy("gpt2");
    edit(source, config -> config.addProperty("tie_word_embeddings", false));

    assertRefused(
        () -> load(source),
        source.resolve("model.safetensors") + " must hold the tensor lm_head.weight, but has none");
  }

  @Test
  void load_wrongShape() throws IOException {
    Path source = copy("gpt2");
    edit(source, config -> config.addProperty("vocab_size", 98));

    assertRefused(
        () -> load(source),
        source.resolve("model.safetensors")
            + ": tensor transformer.wte.weight must have shape [98, 32] as config.json says, but"
            + " has [97, 32]");
  }

  @Test
  void load_halfPrecision() throws IOException {
    Path source = copy("gpt2");
    rewrite(
        source,
        Map.of(),
        tensors ->
            tensors.stream()
                .map(
                    tensor ->
                        tensor.name().equals("transformer.ln_f.weight")
                            ? SafetensorsWriter.Tensor.of(
                                new TensorEntry(tensor.name(), "F16", List.of(32L), 0, 64),
                                ByteBuffer.allocate(64))
                            : tensor)
                .toList());

    assertRefused(
        () -> load(source),
        source.resolve("model.safetensors")
            + ": tensor transformer.ln_f.weight must be F32, the type this version computes in,"
            + " but is F16");
  }

  @Test
  void load_cutOffWeights() throws IOException {
    Path source = copy("gpt2");
    Path file = source.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    String last;
    long end;
    try (SafetensorsFile whole = SafetensorsFile.open(file)) {
      TensorEntry entry = List.copyOf(whole.tensors().values()).get(whole.tensors().size() - 1);
      last = entry.name();
      end = entry.end();
    }

    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));

    assertRefused(
        () -> load(source),
        "%s: tensor %s must end within the file's %d bytes of data, but ends at %d; the file is cut"
                .formatted(file, last, end - 1, end)
            + " off");
  }

  @Test
  void load_refusalLeavesTheFileFree() throws IOException {
    Path source = copy("gpt2");
    edit(source, config -> config.addProperty("vocab_size", 98));
    assertThatThrownBy(() -> load(source)).isInstanceOf(UnlearningException.class);

    edit(source, config -> config.addProperty("vocab_size", 97));

    load(source);
  }

  @Test
  void create_sameSeedSameWeights() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt_neo").resolve("config.json"));
    try (TrainableCausalLm first = CausalLms.create(config, TOKENIZER, 1);
        TrainableCausalLm same = CausalLms.create(config, TOKENIZER, 1);
        TrainableCausalLm other = CausalLms.create(config, TOKENIZER, 2)) {
      assertThat(WeightsDigest.of(same)).isEqualTo(WeightsDigest.of(first));
      assertThat(WeightsDigest.of(other)).isNotEqualTo(WeightsDigest.of(first));
      assertThat(scores(same)).isEqualTo(scores(first));
    }
  }

  /** 0.02 is the configuration's initializer_range. */
  @Test
  void create_normalMatricesUnitNormsZeroOffsets() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt2").resolve("config.json"));
    try (TrainableCausalLm model = CausalLms.create(config, TOKENIZER, 1)) {
      assertThat(model.info().family()).isEqualTo("gpt2");
      assertThat(model.info().parameterCount()).isEqualTo(30_624);
      model
          .parameters()
          .forEach(
              (name, array) -> {
                double[] values = Values.of(array);
                if (name.endsWith(".bias")) {
                  assertThat(values).as(name).containsOnly(0);
                } else if (array.getShape().dimension() == 1) {
                  assertThat(values).as(name).containsOnly(1);
                } else {
                  double squares = Arrays.stream(values).map(v -> v * v).average().getAsDouble();
                  assertThat(Math.sqrt(squares)).as(name).isBetween(0.018, 0.022);
                }
              });
    }
  }

  @Test
  void create_savedAndLoaded() throws IOException {
    String config = Files.readString(GoldenFolder.of("gpt_neo").resolve("config.json"));
    Path target = temporary.resolve("saved");
    try (TrainableCausalLm model = CausalLms.create(config, TOKENIZER, 1)) {
      CausalLms.save(model, target);
      try (TrainableCausalLm loaded = CausalLms.load(target)) {
        assertThat(WeightsDigest.of(loaded)).isEqualTo(WeightsDigest.of(model));
        assertThat(loaded.tokenizer().encode("abba"))
            .isEqualTo(model.tokenizer().encode("abba"))
            .isEqualTo(TokenSequence.of(1, 2, 2, 1));
      }
    }

    assertThat(target.resolve("config.json")).hasContent(config);
    try (SafetensorsFile file = weights(target);
        SafetensorsFile golden = weights(GoldenFolder.of("gpt_neo"))) {
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(new TreeSet<>(file.tensors().keySet()))
          .isEqualTo(new TreeSet<>(golden.tensors().keySet()));
    }
  }

  @Test
  void create_badConfig() {
    assertRefused(
        () -> CausalLms.create("{\"model_type\": \"opt\"}", TOKENIZER, 1).close(),
        "No model_type 'opt'; known: gpt2, gpt_neo");
    assertRefused(
        () -> CausalLms.create("{\"model_type\": \"gpt2\"}", TOKENIZER, 1).close(),
        "config.json: n_embd is missing");
  }

  private static void load(Path folder) {
    CausalLms.load(folder).close();
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(UnlearningException.class).hasMessage(message);
  }

  private static void update(TrainableCausalLm model) {
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-3), 4096)) {
      updates.update(SEQUENCES);
    }
  }

  private static double[] scores(TrainableCausalLm model) {
    return model.score(SEQUENCES).stream().mapToDouble(s -> s.negativeLogLikelihood()).toArray();
  }

  private static SafetensorsFile weights(Path folder) {
    return SafetensorsFile.open(folder.resolve("model.safetensors"));
  }

  private static Set<String> files(Path folder) throws IOException {
    try (Stream<Path> content = Files.list(folder)) {
      Set<String> names = new TreeSet<>();
      content.forEach(path -> names.add(path.getFileName().toString()));
      return names;
    }
  }

  private Path copy(String name) throws IOException {
    Path source = Files.createDirectory(temporary.resolve(name));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.write(source.resolve(file), Files.readAllBytes(GoldenFolder.of(name).resolve(file)));
    }
    return source;
  }

  private static void edit(Path folder, Consumer<JsonObject> change) {
    Path file = folder.resolve("config.json");
    try {
      JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      change.accept(config);
      Files.writeString(file, config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void rewrite(
      Path folder,
      Map<String, String> metadata,
      UnaryOperator<List<SafetensorsWriter.Tensor>> change)
      throws IOException {
    Path file = folder.resolve("model.safetensors");
    Path rewritten = folder.resolve("rewritten");
    try (SafetensorsFile old = SafetensorsFile.open(file)) {
      List<SafetensorsWriter.Tensor> tensors =
          old.tensors().values().stream()
              .map(entry -> SafetensorsWriter.Tensor.of(entry, old.map(entry.name())))
              .toList();
      SafetensorsWriter.write(rewritten, metadata, change.apply(tensors));
    }
    Files.delete(file);
    Files.move(rewritten, file);
  }
}
