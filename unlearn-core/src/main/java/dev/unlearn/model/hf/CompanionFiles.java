package dev.unlearn.model.hf;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The small files of a folder that belong to a model beside its weights. */
final class CompanionFiles {
  static final String CONFIG = "config.json";

  private static final List<String> NAMES =
      List.of(
          CONFIG,
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja");

  /** Far above any real one; keeps a hostile file from filling the heap. */
  private static final long MAX_BYTES = 256L << 20;

  private CompanionFiles() {}

  /** Reads those that are there. */
  static Map<String, byte[]> read(Path folder) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : NAMES) {
      Path file = folder.resolve(name);
      if (!Files.isRegularFile(file)) {
        continue;
      }
      try {
        long size = Files.size(file);
        if (size > MAX_BYTES) {
          throw new UnlearningException(
              "%s must be at most %d bytes, but has %d".formatted(file, MAX_BYTES, size));
        }
        files.put(name, Files.readAllBytes(file));
      } catch (IOException e) {
        throw new UnlearningException("cannot read " + file, e);
      }
    }
    return files;
  }
}
