package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A model's folder that tests may change. */
record ModelFolder(Path path) {
  static final List<TokenSequence> SEQUENCES =
      List.of(
          TokenSequence.of(5, 17, 3, 80, 41, 9, 9, 60, 2, 33, 71, 12), TokenSequence.of(7, 8, 9));

  /** Copies what is needed of a golden case. */
  static ModelFolder copyOf(String golden, Path parent) {
    Path source = GoldenFolder.of(golden);
    Path target = parent.resolve(source.getFileName());
    try (Stream<Path> content = Files.list(source)) {
      Files.createDirectory(target);
      for (Path file : content.toList()) {
        String name = file.getFileName().toString();
        if (name.equals("config.json") || WeightFiles.isOne(name)) {
          Files.write(target.resolve(name), Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ModelFolder(target);
  }

  Path file(String name) {
    return path.resolve(name);
  }

  Set<String> names() {
    return new TreeSet<>(CompanionFiles.names(path));
  }

  /** Reads the single safetensors file. */
  SafetensorsFile weights() {
    return SafetensorsFile.read(file("model.safetensors"));
  }

  /** Returns the tensors of all weight files. */
  Map<String, StoredTensor> tensors() {
    return new LinkedHashMap<>(WeightFiles.find(path).tensors());
  }

  StoredTensor tensor(String name) {
    StoredTensor tensor = tensors().get(name);
    if (tensor == null) {
      throw new AssertionError(path + " has no " + name);
    }
    return tensor;
  }

  TrainableCausalLm load() {
    return CausalLms.load(path);
  }

  /** Loads the model, does something with it, and saves it elsewhere. */
  ModelFolder saved(String name, SaveOptions options, Consumer<TrainableCausalLm> change) {
    Path target = path.resolveSibling(name);
    try (TrainableCausalLm model = load()) {
      change.accept(model);
      CausalLms.save(model, target, options);
    }
    return new ModelFolder(target);
  }

  ModelFolder saved() {
    return saved("saved", SaveOptions.defaults(), model -> {});
  }

  void editConfig(Consumer<JsonObject> change) {
    try {
      JsonObject config =
          JsonParser.parseString(Files.readString(file("config.json"))).getAsJsonObject();
      change.accept(config);
      Files.writeString(file("config.json"), config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the single safetensors file anew. */
  void rewrite(Map<String, String> metadata, UnaryOperator<List<Tensor>> change) {
    Path rewritten = file("rewritten");
    SafetensorsWriter.write(
        rewritten,
        metadata,
        change.apply(weights().tensors().values().stream().map(ModelFolder::copy).toList()));
    try {
      Files.delete(file("model.safetensors"));
      Files.move(rewritten, file("model.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tensor copy(StoredTensor stored) {
    ByteBuffer bytes = ByteBuffer.wrap(StoredBytes.of(stored));
    return new Tensor(
        stored.name(),
        stored.type().name(),
        stored.dimensions(),
        channel -> {
          int unused = channel.write(bytes.duplicate());
        });
  }

  /** Converts the weights in the single safetensors file, a copy of the tied head included. */
  void convert(ElementType type) {
    try (TrainableCausalLm model = load()) {
      rewrite(
          weights().metadata(),
          tensors ->
              tensors.stream()
                  .map(
                      tensor -> {
                        NDArray weight =
                            model
                                .parameters()
                                .get(tensor.name().replace("lm_head", "transformer.wte"));
                        return weight == null ? tensor : Tensor.of(tensor.name(), weight, type);
                      })
                  .toList());
    }
  }

  /** Spreads the single safetensors file over several, with an index, tensors dealt out in turn. */
  void shard(int count) {
    List<Tensor> tensors = weights().tensors().values().stream().map(ModelFolder::copy).toList();
    JsonObject map = new JsonObject();
    for (int shard = 0; shard < count; shard++) {
      int number = shard;
      String name = "model-0000%d-of-0000%d.safetensors".formatted(shard + 1, count);
      List<Tensor> part =
          tensors.stream().filter(t -> tensors.indexOf(t) % count == number).toList();
      part.forEach(tensor -> map.addProperty(tensor.name(), name));
      SafetensorsWriter.write(file(name), Map.of("format", "pt"), part);
    }
    JsonObject metadata = new JsonObject();
    metadata.addProperty("total_parameters", 5);
    metadata.addProperty("total_size", -1);
    JsonObject index = new JsonObject();
    index.add("metadata", metadata);
    index.add("weight_map", map);
    try {
      Files.writeString(file("model.safetensors.index.json"), index.toString());
      Files.delete(file("model.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One step of gradient ascent. */
  static void update(TrainableCausalLm model) {
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-3), 4096)) {
      updates.update(SEQUENCES);
    }
  }

  static double[] scores(TrainableCausalLm model) {
    return model.score(SEQUENCES).stream().mapToDouble(s -> s.negativeLogLikelihood()).toArray();
  }
}
