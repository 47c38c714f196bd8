package dev.unlearn.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** Reads texts or ids, one per line; errors name file and line, never what stands there. */
final class TextFile {
  private TextFile() {}

  static List<TokenSequence> read(Path file, CausalLm model) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("file must exist, but there is no: " + file, e);
    }
    boolean json = file.toString().endsWith(".jsonl");
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank()) {
        continue;
      }
      try {
        sequences.add(json ? sequence(line, model) : model.tokenizer().encode(line));
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new IllegalArgumentException(
            "%s, line %d: %s".formatted(file, i + 1, e.getMessage()), e);
      } catch (JsonParseException | UnsupportedOperationException e) {
        // The parser's own message may quote the text.
        throw new IllegalArgumentException(
            "%s, line %d: must be {\"text\": …} or {\"ids\": […]}".formatted(file, i + 1));
      }
    }
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException(file + " must hold at least one text, but holds none");
    }
    return sequences;
  }

  private static TokenSequence sequence(String line, CausalLm model) {
    JsonElement element = JsonParser.parseString(line);
    if (!element.isJsonObject()
        || element.getAsJsonObject().has("text") == element.getAsJsonObject().has("ids")) {
      throw new JsonParseException("neither text nor ids, or both");
    }
    JsonObject object = element.getAsJsonObject();
    TokenSequence sequence =
        object.has("text")
            ? model.tokenizer().encode(object.get("text").getAsString())
            : TokenSequence.of(
                StreamSupport.stream(object.getAsJsonArray("ids").spliterator(), false)
                    .mapToInt(JsonElement::getAsInt)
                    .toArray());
    if (object.has("name")) {
      sequence = sequence.withName(object.get("name").getAsString());
    }
    if (object.has("domain")) {
      sequence = sequence.withDomain(object.get("domain").getAsString());
    }
    if (object.has("promptLength")) {
      sequence = sequence.withPromptLength(object.get("promptLength").getAsInt());
    }
    return sequence;
  }
}
