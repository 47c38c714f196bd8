package dev.unlearn.model.tokenizer;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.FormatMethod;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.UnlearningException;
import java.util.Optional;

/**
 * Reads values of a file with their types checked; errors name the file, the value and the rule.
 *
 * @param where names the file in errors
 */
record JsonChecks(String where) {
  /** Returns a whole number in a range, both ends included. */
  @CanIgnoreReturnValue
  int integer(JsonElement value, String name, int min, int max) {
    String text = value instanceof JsonPrimitive number ? number.getAsString() : "no number";
    try {
      int parsed = Integer.parseInt(text);
      if (parsed >= min && parsed <= max) {
        return parsed;
      }
    } catch (NumberFormatException e) {
      // It is none in range either.
    }
    throw error(
        "%s must be a whole number from %d to %d, but was: %s", name, min, max, shown(text));
  }

  String string(JsonElement value, String name) {
    if (value instanceof JsonPrimitive primitive && primitive.isString()) {
      return primitive.getAsString();
    }
    throw error("%s must be a string", name);
  }

  @CanIgnoreReturnValue
  String nonEmpty(JsonElement value, String name) {
    String string = string(value, name);
    if (string.isEmpty()) {
      throw error("%s must not be empty", name);
    }
    return string;
  }

  JsonObject object(JsonElement value, String name) {
    if (value instanceof JsonObject object) {
      return object;
    }
    throw error("%s must be an object", name);
  }

  /** Returns what a key holds, unless it is null. */
  static Optional<JsonElement> value(JsonObject json, String key) {
    return Optional.ofNullable(json.get(key)).filter(value -> !value.isJsonNull());
  }

  /** Returns a value of a file for a message; long ones are cut. */
  static String shown(String value) {
    return value.length() > 80 ? value.substring(0, 80) + "…" : value;
  }

  @FormatMethod
  UnlearningException error(String format, Object... arguments) {
    return new UnlearningException(where + ": " + format.formatted(arguments));
  }
}
