package dev.unlearn.model.hf;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.internal.Utf8;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The index of weights that lie in several files.
 *
 * @param files the name of each tensor's file
 * @param metadata what else the index says
 */
record WeightIndex(SortedMap<String, String> files, JsonObject metadata) {
  private static final String FILES = "weight_map";
  private static final String METADATA = "metadata";

  /**
   * Reads an index whose files lie beside it.
   *
   * @param ending how their names must end
   * @throws UnlearningException if it is no index, or names a file that is not beside it
   */
  static WeightIndex read(Path index, String ending) {
    JsonObject json = parse(index);
    JsonElement map = json.get(FILES);
    if (map == null || !map.isJsonObject() || map.getAsJsonObject().isEmpty()) {
      throw new UnlearningException(
          "%s must hold %s, an object from tensors to files, but has none".formatted(index, FILES));
    }
    SortedMap<String, String> files = new TreeMap<>();
    for (Map.Entry<String, JsonElement> entry : map.getAsJsonObject().entrySet()) {
      files.put(entry.getKey(), fileName(index, entry.getKey(), entry.getValue(), ending));
    }
    for (String name : new TreeSet<>(files.values())) {
      if (!Files.isRegularFile(index.resolveSibling(name))) {
        throw new UnlearningException(
            "%s names the file %s, which must lie beside it, but is not there"
                .formatted(index, Shown.of(name)));
      }
    }
    JsonElement metadata = json.get(METADATA);
    return new WeightIndex(
        files,
        metadata != null && metadata.isJsonObject()
            ? metadata.getAsJsonObject()
            : new JsonObject());
  }

  private static JsonObject parse(Path index) {
    try {
      JsonElement json =
          JsonParser.parseString(Utf8.decode(index.toString(), CompanionFiles.bytes(index)));
      if (json.isJsonObject()) {
        return json.getAsJsonObject();
      }
    } catch (JsonParseException | StackOverflowError e) {
      throw new UnlearningException(index + " must hold JSON, but could not be parsed", e);
    }
    throw new UnlearningException(index + " must hold a JSON object");
  }

  /** A plain name, so that no index reaches out of its folder. */
  private static String fileName(Path index, String tensor, JsonElement value, String ending) {
    if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
      String name = value.getAsString();
      if (name.endsWith(ending) && name.matches("[^/\\\\:\\p{Cntrl}]+")) {
        return name;
      }
    }
    throw new UnlearningException(
        "%s: %s must give each tensor the name of a file beside it that ends in %s, but gives %s:"
                .formatted(index, FILES, ending, Shown.of(tensor))
            + " "
            + Shown.of(value.toString()));
  }

  /** Writes the index as Python's transformers does: sorted, with the bytes of all tensors. */
  void write(Path index, long totalBytes) throws IOException {
    JsonObject described = metadata.deepCopy();
    described.addProperty("total_size", totalBytes);
    JsonObject map = new JsonObject();
    files.forEach(map::addProperty);
    JsonObject json = new JsonObject();
    json.add(METADATA, described);
    json.add(FILES, map);
    Files.write(index, HfSaver.toBytes(json));
  }
}
