package dev.unlearn.examples;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads texts or ids, one per line; errors name file and line, never what stands there. */
final class TextFile {
  private static final Set<String> KEYS = Set.of("text", "ids", "name", "domain", "promptLength");

  /** What some editors begin a UTF-8 file with. */
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private TextFile() {}

  static List<TokenSequence> read(Path file, CausalLm model) throws IOException {
    List<String> lines = lines(file);
    boolean json = file.toString().endsWith(".jsonl");
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      try {
        String line = i == 0 ? withoutMark(lines.get(i)) : lines.get(i);
        TokenSequence sequence = json ? sequence(line, model) : model.tokenizer().encode(line);
        checkArgument(
            sequence.length() <= model.contextLength(),
            "must have at most %s tokens, the model's context length, but has %s",
            model.contextLength(),
            sequence.length());
        sequences.add(sequence);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new IllegalArgumentException(
            "%s, line %d: %s".formatted(file, i + 1, e.getMessage()), e);
      }
    }
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException(file + " must hold at least one text, but holds none");
    }
    return sequences;
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("file must exist, but there is no: " + file, e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " must be UTF-8, but is not", e);
    }
  }

  private static String withoutMark(String line) {
    return line.startsWith(BYTE_ORDER_MARK) ? line.substring(1) : line;
  }

  private static TokenSequence sequence(String line, CausalLm model) {
    JsonObject object = object(line);
    checkArgument(
        KEYS.containsAll(object.keySet()),
        "must have no keys but \"text\" or \"ids\", \"name\", \"domain\" and \"promptLength\"");
    if (object.has("text") == object.has("ids")) {
      throw new IllegalArgumentException("must have either \"text\" or \"ids\"");
    }
    TokenSequence sequence =
        object.has("text")
            ? model.tokenizer().encode(string(object, "text"))
            : TokenSequence.of(ids(object.get("ids")));
    if (object.has("name")) {
      sequence = sequence.withName(string(object, "name"));
    }
    if (object.has("domain")) {
      sequence = sequence.withDomain(string(object, "domain"));
    }
    return object.has("promptLength")
        ? sequence.withPromptLength(integer(object.get("promptLength"), "promptLength"))
        : sequence;
  }

  /** The parser's own message may quote the text, so it is not passed on. */
  private static JsonObject object(String line) {
    JsonElement element = null;
    try {
      element = JsonParser.parseString(line);
    } catch (JsonParseException e) {
      // Said below.
    }
    if (element == null || !element.isJsonObject()) {
      throw new IllegalArgumentException("must be a JSON object");
    }
    return element.getAsJsonObject();
  }

  private static String string(JsonObject object, String key) {
    JsonElement value = object.get(key);
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
      throw new IllegalArgumentException("\"" + key + "\" must be a string");
    }
    return value.getAsString();
  }

  private static int[] ids(JsonElement value) {
    if (!value.isJsonArray()) {
      throw new IllegalArgumentException("\"ids\" must be a list of integers");
    }
    return value.getAsJsonArray().asList().stream().mapToInt(id -> integer(id, "ids")).toArray();
  }

  private static int integer(JsonElement value, String key) {
    try {
      if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
        return new BigDecimal(value.getAsString()).intValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Said below, without the value.
    }
    throw new IllegalArgumentException("\"" + key + "\" must hold integers only");
  }
}
