package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonObject;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a model's tensors are spread over safetensors files.
 *
 * @param indexMetadata what their index says beside its map; empty if there is none
 */
record SavedWeights(List<SavedFile> files, Optional<JsonObject> indexMetadata) {

  /** One file, with the strings it holds beside its tensors. */
  record SavedFile(String name, Map<String, String> metadata, List<SavedTensor> tensors) {}

  private record Part(String name, Map<String, String> metadata, List<Tensor> tensors) {}

  /** Returns the weights of a new model. */
  static SavedWeights single(List<SavedTensor> tensors) {
    return new SavedWeights(
        List.of(new SavedFile(WeightFiles.SINGLE, Map.of("format", "pt"), tensors)),
        Optional.empty());
  }

  /** Returns how transformers names one of several files, counted from 1. */
  static String shardName(int number, int count) {
    return "model-%05d-of-%05d%s".formatted(number, count, WeightFiles.SAFETENSORS);
  }

  /** Writes the files, and the index if there are several. */
  void writeInto(Path folder, Map<String, NDArray> parameters, SaveOptions options)
      throws IOException {
    Optional<ElementType> type =
        options.weightType().map(weightType -> ElementType.valueOf(weightType.name()));
    List<Part> parts = new ArrayList<>();
    for (SavedFile file : files) {
      List<Tensor> tensors = new ArrayList<>();
      file.tensors().forEach(t -> tensors.add(t.toWrite(parameters, type)));
      parts.add(new Part(file.name(), file.metadata(), tensors));
    }
    boolean indexed = indexMetadata.isPresent();
    if (options.maxShardBytes().isPresent()) {
      parts = spread(parts, options.maxShardBytes().getAsLong());
      indexed = parts.size() > 1;
    }
    SortedMap<String, String> names = new TreeMap<>();
    long totalBytes = 0;
    for (Part part : parts) {
      SafetensorsWriter.write(folder.resolve(part.name()), part.metadata(), part.tensors());
      for (Tensor tensor : part.tensors()) {
        names.put(tensor.name(), part.name());
        totalBytes += tensor.byteCount();
      }
    }
    if (indexed) {
      new WeightIndex(names, indexMetadata.orElseGet(JsonObject::new))
          .write(folder.resolve(WeightFiles.SINGLE + WeightFiles.INDEX), totalBytes);
    }
  }

  /** Fills one file after the other; a tensor beyond the limit has one to itself. */
  private static List<Part> spread(List<Part> parts, long limit) {
    Map<String, String> metadata = new LinkedHashMap<>();
    List<List<Tensor>> groups = new ArrayList<>();
    List<Tensor> group = new ArrayList<>();
    groups.add(group);
    long left = limit;
    for (Part part : parts) {
      metadata.putAll(part.metadata());
      for (Tensor tensor : part.tensors()) {
        if (tensor.byteCount() > left && !group.isEmpty()) {
          group = new ArrayList<>();
          groups.add(group);
          left = limit;
        }
        group.add(tensor);
        left -= tensor.byteCount();
      }
    }
    List<Part> result = new ArrayList<>();
    for (List<Tensor> tensors : groups) {
      String name =
          groups.size() == 1 ? WeightFiles.SINGLE : shardName(result.size() + 1, groups.size());
      result.add(new Part(name, metadata, tensors));
    }
    return result;
  }
}
