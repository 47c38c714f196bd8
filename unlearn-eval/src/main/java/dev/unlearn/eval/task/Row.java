package dev.unlearn.eval.task;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One record of a benchmark file, and where it stands. No message quotes what it holds. */
final class Row {
  private final String place;
  private final JsonObject fields;
  private final Map<String, String> units;

  /**
   * Creates one.
   *
   * @param place the file and the line, for messages
   * @param units names of units by what they share, filled as rows ask
   */
  Row(String place, JsonObject fields, Map<String, String> units) {
    this.place = place;
    this.fields = fields;
    this.units = units;
  }

  boolean has(String... names) {
    return List.of(names).stream().allMatch(fields::has);
  }

  /** Returns what is wrong with this row. */
  IllegalArgumentException bad(String reason) {
    return new IllegalArgumentException(place + ": " + reason);
  }

  /** Returns that no known format has its fields. */
  IllegalArgumentException unknown(String known) {
    return bad("must have the fields of a known format (" + known + "), but has others");
  }

  /** Returns a text that is not empty. */
  String text(String name) {
    return text(name, fields.get(name));
  }

  private String text(String name, JsonElement value) {
    if (value instanceof JsonPrimitive text && text.isString() && !text.getAsString().isEmpty()) {
      return text.getAsString();
    }
    throw bad("field '" + name + "' must be a text that is not empty");
  }

  List<String> texts(String name) {
    if (!(fields.get(name) instanceof JsonArray array)) {
      throw bad("field '" + name + "' must be a list of texts");
    }
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(text(name, element)));
    return texts;
  }

  /** Returns whether a field is a text without characters. */
  boolean isEmpty(String name) {
    return fields.get(name) instanceof JsonPrimitive text && text.getAsString().isEmpty();
  }

  /** Returns a text or a number as text. */
  String word(String name) {
    if (fields.get(name) instanceof JsonPrimitive value) {
      return value.getAsString();
    }
    throw bad("field '" + name + "' must be a text or a number");
  }

  boolean isObject(String name) {
    return fields.get(name) instanceof JsonObject;
  }

  /** Returns the fields of a field. */
  Row inner(String name) {
    if (fields.get(name) instanceof JsonObject inner) {
      return new Row(place, inner, units);
    }
    throw bad("field '" + name + "' must be an object");
  }

  /** Returns an index in [0, count), written as a number or a text. */
  int index(String name, int count) {
    if (fields.get(name) instanceof JsonPrimitive value
        && value.getAsString().matches("\\d{1,9}")) {
      int index = Integer.parseInt(value.getAsString());
      if (index < count) {
        return index;
      }
    }
    throw bad("field '" + name + "' must be a whole number in [0, " + count + ")");
  }

  /** Returns the place of a field's text among others. */
  int indexIn(String name, List<String> names) {
    int index = names.indexOf(text(name));
    if (index < 0) {
      throw bad("field '" + name + "' must name one of the " + names.size() + " choices");
    }
    return index;
  }

  /** Returns the name of the unit of all rows that have this in common. */
  String unit(String shared) {
    return units.computeIfAbsent(shared, unused -> "unit " + units.size());
  }
}
