package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.unlearn.api.UnlearningException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Reads benchmark files: JSON lines, JSON (a list, or {@code {"text": {"0": ...}}}, as pandas
 * writes it), CSV with a header, and PIQA's folder of {@code valid.jsonl} and {@code
 * valid-labels.lst}.
 */
final class Rows {
  private static final Pattern LINE = Pattern.compile("at line (\\d+)");
  private static final String COLUMN = "text";

  private final Path file;
  private final List<Row> rows = new ArrayList<>();
  private final Map<String, String> units = new HashMap<>();

  private Rows(Path file) {
    this.file = file;
  }

  /**
   * Returns all rows of a file.
   *
   * @throws IllegalArgumentException if there is no such file, or it is not well-formed; the
   *     message has file, line and reason
   * @throws UnlearningException if it cannot be read
   */
  static List<Row> read(Path file) {
    boolean folder = Files.isDirectory(file);
    Rows result = new Rows(there(folder ? file.resolve("valid.jsonl") : file));
    Optional<List<String>> labels =
        folder ? Optional.of(labels(there(file.resolve("valid-labels.lst")))) : Optional.empty();
    try {
      result.read(labels);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + result.file, e);
    }
    checkArgument(!result.rows.isEmpty(), "%s must have at least one item, but has none", file);
    return result.rows;
  }

  private void read(Optional<List<String>> labels) throws IOException {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      skipMark(reader);
      if (name.endsWith(".csv")) {
        csv(reader);
      } else if (name.endsWith(".json")) {
        json(reader);
      } else {
        jsonLines(reader, labels);
      }
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          file + ", after item " + rows.size() + ": must be UTF-8, but is not", e);
    }
  }

  private static Path there(Path file) {
    checkArgument(Files.exists(file), "there must be a file at %s", file);
    return file;
  }

  private static List<String> labels(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": must be UTF-8, but is not", e);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    }
  }

  private static void skipMark(BufferedReader reader) throws IOException {
    reader.mark(1);
    if (reader.read() != '\uFEFF') {
      reader.reset();
    }
  }

  private void jsonLines(BufferedReader reader, Optional<List<String>> labels) throws IOException {
    int number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      if (!(parse(new StringReader(line), number) instanceof JsonObject fields)) {
        throw bad(number, "must be a JSON object");
      }
      if (labels.isPresent()) {
        if (number > labels.get().size()) {
          throw bad(number, "has no label in valid-labels.lst");
        }
        fields.addProperty("label", labels.get().get(number - 1).strip());
      }
      add("line " + number, fields);
    }
    if (labels.stream().flatMap(List::stream).skip(number).anyMatch(label -> !label.isBlank())) {
      throw bad(number, "is the last, but valid-labels.lst has more labels");
    }
  }

  private void json(Reader reader) {
    JsonElement whole = parse(reader, 0);
    if (whole instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        add("entry " + i, array.get(i));
      }
    } else if (whole instanceof JsonObject object
        && object.get(COLUMN) instanceof JsonObject column) {
      column
          .asMap()
          .forEach(
              (key, value) -> {
                JsonObject fields = new JsonObject();
                fields.add(COLUMN, value);
                add("entry " + rows.size(), fields);
              });
    } else {
      throw new IllegalArgumentException(
          file + ": must be a JSON list of objects, or an object of one 'text' by index");
    }
  }

  private void csv(Reader reader) throws IOException {
    try (CSVParser parser = parser(reader)) {
      List<String> names = parser.getHeaderNames();
      Iterator<CSVRecord> records = parser.iterator();
      for (long line = parser.getCurrentLineNumber() + 1;
          hasNext(records, line);
          line = parser.getCurrentLineNumber() + 1) {
        CSVRecord values = records.next();
        if (values.size() == 1 && values.get(0).isBlank()) {
          continue;
        }
        if (values.size() != names.size()) {
          throw bad(line, "must have " + names.size() + " values, but has " + values.size());
        }
        JsonObject fields = new JsonObject();
        for (int i = 0; i < names.size(); i++) {
          fields.addProperty(names.get(i), values.get(i));
        }
        add("line " + line, fields);
      }
    }
  }

  /** An index that pandas wrote has no name. */
  private CSVParser parser(Reader reader) throws IOException {
    CSVFormat format =
        CSVFormat.RFC4180
            .builder()
            .setHeader()
            .setAllowMissingColumnNames(true)
            .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
            .get();
    try {
      return CSVParser.builder().setReader(reader).setFormat(format).get();
    } catch (IllegalArgumentException e) {
      throw bad(1, "must name every column once");
    }
  }

  private boolean hasNext(Iterator<CSVRecord> records, long line) throws IOException {
    try {
      return records.hasNext();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw e.getCause();
      }
      throw bad(line, "must be CSV with quotes doubled inside quoted values");
    }
  }

  private JsonElement parse(Reader text, int line) {
    try {
      JsonReader reader = new JsonReader(text);
      reader.setStrictness(Strictness.STRICT);
      JsonElement element = JsonParser.parseReader(reader);
      if (reader.peek() == JsonToken.END_DOCUMENT) {
        return element;
      }
    } catch (JsonParseException | IOException | IllegalStateException e) {
      throw bad(line > 0 ? line : lineIn(e), "must be well-formed JSON");
    }
    throw bad(line, "must be one JSON value");
  }

  private static int lineIn(Exception exception) {
    Matcher matcher = LINE.matcher(String.valueOf(exception.getMessage()));
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 1;
  }

  private void add(String place, JsonElement element) {
    String where = file + ", " + place;
    checkArgument(element instanceof JsonObject, "%s: must be a JSON object", where);
    rows.add(new Row(where, (JsonObject) element, units));
  }

  private IllegalArgumentException bad(long line, String reason) {
    return new IllegalArgumentException(file + ", line " + line + ": " + reason);
  }
}
