package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.Saver;
import dev.unlearn.model.WeightType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a model as a folder like the one it came from, its weights always as safetensors. */
final class HfSaver implements Saver {
  private static final Logger logger = LoggerFactory.getLogger(HfSaver.class);
  private static final List<String> TYPE_KEYS = List.of("torch_dtype", "dtype");

  private final Optional<Origin> origin;
  private final Map<String, byte[]> companions;
  private final SavedWeights weights;

  /** The folder a model was loaded from, and the names of the files with its weights. */
  record Origin(Path folder, Set<String> weightFiles) {
    boolean is(Path other) {
      try {
        return Files.isSameFile(folder, other);
      } catch (IOException e) {
        return false; // One of the two is not there.
      }
    }
  }

  /**
   * Creates a saver.
   *
   * @param origin empty for a new model
   */
  HfSaver(Optional<Origin> origin, Map<String, byte[]> companions, SavedWeights weights) {
    this.origin = origin;
    this.companions = companions;
    this.weights = weights;
  }

  @Override
  public void check(Map<String, NDArray> parameters, Path folder, SaveOptions options) {
    checkArgument(
        options.overwrite() || !isOrigin(folder),
        "target must be new or an empty folder, but is the one the model was loaded from; to"
            + " replace it, say so (SaveOptions.overwrite): %s",
        folder);
    AtomicFolder.check(folder, options.overwrite());
    if (options.overwrite() && Files.isDirectory(folder)) {
      List<String> content = CompanionFiles.names(folder);
      checkArgument(
          content.isEmpty() || content.contains(CompanionFiles.CONFIG),
          "target must be empty or hold a model (config.json) to be overwritten, but does neither:"
              + " %s",
          folder);
    }
  }

  @Override
  public void save(Map<String, NDArray> parameters, Path folder, SaveOptions options) {
    AtomicFolder.Fill fill = inside -> writeInto(inside, parameters, options);
    if (options.overwrite()) {
      Set<String> weightFiles = isOrigin(folder) ? origin.get().weightFiles() : Set.of();
      AtomicFolder.replace(
          folder,
          name ->
              !CompanionFiles.isOne(name)
                  && !WeightFiles.isOne(name)
                  && !weightFiles.contains(name),
          fill);
      String others = WeightFiles.others(folder);
      if (!others.isEmpty()) {
        logger.warn("{} still holds files that look like weights: {}", folder, others);
      }
    } else {
      AtomicFolder.write(folder, fill);
    }
  }

  private boolean isOrigin(Path folder) {
    return origin.isPresent() && origin.get().is(folder);
  }

  private void writeInto(Path folder, Map<String, NDArray> parameters, SaveOptions options)
      throws IOException {
    for (Map.Entry<String, byte[]> file : companions.entrySet()) {
      boolean isConfig = file.getKey().equals(CompanionFiles.CONFIG);
      Files.write(
          folder.resolve(file.getKey()),
          isConfig && options.weightType().isPresent()
              ? withType(file.getValue(), options.weightType().get())
              : file.getValue());
    }
    weights.writeInto(folder, parameters, options);
  }

  /** Returns a configuration that names a type of weights; the same bytes if it named it before. */
  private static byte[] withType(byte[] config, WeightType type) {
    JsonPrimitive name =
        new JsonPrimitive(
            switch (type) {
              case F32 -> "float32";
              case F16 -> "float16";
              case BF16 -> "bfloat16";
            });
    JsonObject json = JsonParser.parseString(new String(config, UTF_8)).getAsJsonObject();
    if (TYPE_KEYS.stream().allMatch(key -> !json.has(key) || json.get(key).equals(name))) {
      return config;
    }
    TYPE_KEYS.stream().filter(json::has).forEach(key -> json.add(key, name));
    return toBytes(json);
  }

  /** Returns a file as Python's transformers would format it. */
  static byte[] toBytes(JsonObject json) {
    String text =
        new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeNulls()
            .create()
            .toJson(json);
    return (text + "\n").getBytes(UTF_8);
  }
}
