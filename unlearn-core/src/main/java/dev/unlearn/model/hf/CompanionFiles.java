package dev.unlearn.model.hf;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The small files of a folder that belong to a model beside its weights: what Python needs to load
 * it and its tokenizer, and what must go where the weights go.
 */
final class CompanionFiles {
  static final String CONFIG = "config.json";

  private static final Set<String> NAMES =
      Set.of(
          CONFIG,
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "vocab.txt",
          "tokenizer.model",
          "tekken.json",
          "spiece.model",
          "sentencepiece.bpe.model",
          "chat_template.jinja",
          "chat_template.json",
          "README.md",
          "USE_POLICY.md");

  /** Beginnings of names with various endings: legal files, and tokenizers by version. */
  private static final List<String> BEGINNINGS =
      List.of("LICENSE", "LICENCE", "NOTICE", "tokenizer.model.v");

  /** Far above any real one; keeps a hostile file from filling the heap. */
  private static final long MAX_BYTES = 64L << 20;

  private CompanionFiles() {}

  /** Returns whether a file of this name belongs to a model. */
  static boolean isOne(String name) {
    return NAMES.contains(name) || BEGINNINGS.stream().anyMatch(name::startsWith);
  }

  /** Reads those that are there. */
  static Map<String, byte[]> read(Path folder) {
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : names(folder)) {
      if (isOne(name) && Files.isRegularFile(folder.resolve(name))) {
        files.put(name, bytes(folder.resolve(name)));
      }
    }
    return files;
  }

  /** Returns the names of all that a folder holds, sorted. */
  static List<String> names(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return content.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + folder, e);
    }
  }

  /** Reads a file that must be small. */
  static byte[] bytes(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new UnlearningException(
            "%s must be at most %d bytes, but has %d".formatted(file, MAX_BYTES, size));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + file, e);
    }
  }
}
