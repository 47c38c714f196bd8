package dev.unlearn.eval.tofu;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

/** The fields of one line. No message shows any of it. */
final class TofuLine {
  private final JsonObject fields;

  private TofuLine(JsonObject fields) {
    this.fields = fields;
  }

  static TofuLine parse(String line) {
    JsonReader reader = new JsonReader(new StringReader(line));
    reader.setStrictness(Strictness.STRICT);
    try {
      JsonElement element = JsonParser.parseReader(reader);
      checkArgument(
          element.isJsonObject() && reader.peek() == JsonToken.END_DOCUMENT,
          "must be one JSON object, but is not");
      return new TofuLine(element.getAsJsonObject());
    } catch (JsonParseException | IOException e) {
      // Without the cause, which may show the line.
      throw new IllegalArgumentException("must be one JSON object, but is not");
    }
  }

  boolean has(String field) {
    return fields.has(field);
  }

  String text(String field) {
    checkArgument(has(field), "must have the field '%s', but has not", field);
    return text(field, fields.get(field));
  }

  private static String text(String field, JsonElement value) {
    checkArgument(
        value.isJsonPrimitive() && value.getAsJsonPrimitive().isString(),
        "'%s' must be text, but is not",
        field);
    checkArgument(!value.getAsString().isEmpty(), "'%s' must not be empty, but is", field);
    return value.getAsString();
  }

  /** Returns the perturbed answers, or all options but the answer, or none. */
  List<String> wrongAnswers() {
    return has("perturbed_answer") ? perturbed(fields.get("perturbed_answer")) : otherOptions();
  }

  private static List<String> perturbed(JsonElement value) {
    if (!value.isJsonArray()) {
      return List.of(text("perturbed_answer", value));
    }
    List<String> answers = new ArrayList<>();
    value.getAsJsonArray().forEach(answer -> answers.add(text("perturbed_answer", answer)));
    checkArgument(!answers.isEmpty(), "'perturbed_answer' must not be empty, but is");
    return answers;
  }

  private List<String> otherOptions() {
    List<String> options = new ArrayList<>();
    for (int number = 1; has("option" + number); number++) {
      options.add(text("option" + number));
    }
    checkArgument(
        options.isEmpty() || options.remove(text("answer")),
        "'answer' must be one of the %s options, but is not",
        options.size());
    return options;
  }
}
