package dev.unlearn.model.hf;

import static java.util.stream.Collectors.joining;

import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.model.torchfile.TorchFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The files that hold the weights of a folder, chosen as Python's transformers chooses them.
 *
 * @param source the one file, or the index of several
 * @param shards the files, in the order of their names
 * @param indexMetadata what the index says beside its map; empty if there is none
 * @param tensors the tensors of all files
 */
record WeightFiles(
    Path source,
    List<Shard> shards,
    Optional<JsonObject> indexMetadata,
    Map<String, StoredTensor> tensors) {
  static final String SAFETENSORS = ".safetensors";
  static final String SINGLE = "model" + SAFETENSORS;
  static final String INDEX = ".index.json";
  private static final String POINTER = "version https://git-lfs";

  /** The first that is there counts. */
  private static final List<String> SOURCES =
      List.of(SINGLE, SINGLE + INDEX, "pytorch_model.bin", "pytorch_model.bin" + INDEX);

  /** Also the same model in other precisions, for other frameworks, or in its makers' own form. */
  private static final Pattern WEIGHTS =
      Pattern.compile(
          "(?:(?:pytorch_|tf_|flax_|rust_)?model|consolidated)(?:[._-].*)?"
              + "\\.(?:safetensors|bin|h5|msgpack|ot|pth)(?:\\.index\\.json)?");

  private static final Pattern LIKELY =
      Pattern.compile(".*\\.(?:safetensors|bin|gguf|h5|msgpack|ot|pt|pth|onnx)");

  /** One file, with the strings it holds beside its tensors. */
  record Shard(String name, Map<String, String> metadata, Map<String, StoredTensor> tensors) {}

  /**
   * Finds the files and reads what stands in them.
   *
   * @throws UnlearningException if there are none, or one cannot be used
   */
  static WeightFiles find(Path folder) {
    return SOURCES.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .map(WeightFiles::read)
        .orElseThrow(() -> none(folder));
  }

  /** Returns whether a file of this name holds, or lists, weights that a model is loaded from. */
  static boolean isOne(String name) {
    return WEIGHTS.matcher(name).matches();
  }

  private static WeightFiles read(Path source) {
    String name = source.getFileName().toString();
    if (!name.endsWith(INDEX)) {
      Shard shard = shard(source);
      return new WeightFiles(source, List.of(shard), Optional.empty(), shard.tensors());
    }
    String ending = name.startsWith(SINGLE) ? SAFETENSORS : ".bin";
    WeightIndex index = WeightIndex.read(source, ending);
    List<Shard> shards =
        index.files().values().stream()
            .distinct()
            .sorted()
            .map(file -> shard(source.resolveSibling(file)))
            .toList();
    Map<String, StoredTensor> tensors = merged(source, shards);
    index
        .files()
        .forEach(
            (tensor, file) -> {
              StoredTensor found = tensors.get(tensor);
              if (found == null || !found.file().endsWith(file)) {
                throw new UnlearningException(
                    "%s says that %s holds the tensor %s, but it does not"
                        .formatted(source, file, Shown.of(tensor)));
              }
            });
    return new WeightFiles(source, shards, Optional.of(index.metadata()), tensors);
  }

  private static Shard shard(Path file) {
    refusePointer(file);
    String name = file.getFileName().toString();
    if (name.endsWith(SAFETENSORS)) {
      SafetensorsFile read = SafetensorsFile.read(file);
      return new Shard(name, read.metadata(), read.tensors());
    }
    return new Shard(name, Map.of("format", "pt"), TorchFile.read(file));
  }

  /** What a clone has instead of large files where Git LFS did not fetch them. */
  private static void refusePointer(Path file) {
    if (!Files.isRegularFile(file)) {
      return; // refused where it is read
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] begin = in.readNBytes(POINTER.length());
      if (new String(begin, StandardCharsets.ISO_8859_1).equals(POINTER)) {
        throw new UnlearningException(
            "%s must hold weights, but is a Git LFS pointer to them; fetch them with git lfs pull"
                .formatted(file));
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + file, e);
    }
  }

  /** As in Python, tensors that the index does not list count as well. */
  private static Map<String, StoredTensor> merged(Path source, List<Shard> shards) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Shard shard : shards) {
      for (StoredTensor tensor : shard.tensors().values()) {
        StoredTensor other = tensors.putIfAbsent(tensor.name(), tensor);
        if (other != null) {
          throw new UnlearningException(
              "%s: tensor %s must be in one file, but is in %s and %s"
                  .formatted(
                      source, Shown.of(tensor.name()), other.file().getFileName(), shard.name()));
        }
      }
    }
    return tensors;
  }

  /** Returns files beside a model's that may hold weights too, in whatever form; five at most. */
  static String others(Path folder) {
    return likely(folder, name -> !isOne(name));
  }

  private static String likely(Path folder, Predicate<String> condition) {
    return CompanionFiles.names(folder).stream()
        .filter(name -> LIKELY.matcher(name).matches() && condition.test(name))
        .limit(5)
        .collect(joining(", "));
  }

  private static UnlearningException none(Path folder) {
    String unread = likely(folder, name -> true);
    return new UnlearningException(
        "%s must hold %s, but has none of them%s"
            .formatted(
                folder,
                String.join(" or ", SOURCES),
                unread.isEmpty() ? "" : "; what it has is not read: " + unread));
  }

  /**
   * Returns the names that files give to tensors under other names, as safetensors' own {@code
   * save_model} notes them: in {@code __metadata__}, from the name left out to the one kept.
   */
  Map<String, String> aliases() {
    Map<String, String> aliases = new LinkedHashMap<>();
    for (Shard shard : shards) {
      shard
          .metadata()
          .forEach(
              (name, kept) -> {
                if (tensors.containsKey(kept) && !tensors.containsKey(name)) {
                  aliases.put(name, kept);
                }
              });
    }
    return aliases;
  }
}
