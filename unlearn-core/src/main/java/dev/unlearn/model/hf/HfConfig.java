package dev.unlearn.model.hf;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A {@code config.json}, read with its types checked; errors name the file, key and value. */
final class HfConfig {
  private static final int MAX_LAYERS = 10_000;

  private final String where;
  private final JsonObject json;

  private HfConfig(String where, JsonObject json) {
    this.where = where;
    this.json = json;
  }

  /** Parses a configuration; {@code where} names it in errors. */
  static HfConfig parse(String where, String text) {
    try {
      JsonElement element = JsonParser.parseString(text);
      if (!element.isJsonObject()) {
        throw new UnlearningException(where + " must hold a JSON object");
      }
      return new HfConfig(where, element.getAsJsonObject());
    } catch (JsonParseException | StackOverflowError e) {
      throw new UnlearningException(where + " must hold JSON, but could not be parsed", e);
    }
  }

  String modelType() {
    JsonElement value = get("model_type");
    if (value == null) {
      throw new UnlearningException(where + " must name its model_type, but has none");
    }
    return string("model_type", value);
  }

  int positive(String key) {
    JsonElement value = get(key);
    if (value == null) {
      throw new UnlearningException(where + ": " + key + " is missing");
    }
    return positive(key, value);
  }

  int positive(String key, int ifAbsent) {
    JsonElement value = get(key);
    return value == null ? ifAbsent : positive(key, value);
  }

  /** Returns a number of layers, far above any real one at most. */
  int layerCount(String key) {
    int count = positive(key);
    if (count > MAX_LAYERS) {
      throw wrong(key, "at most " + MAX_LAYERS, count);
    }
    return count;
  }

  /** Returns four times the width under another key, unless this key says otherwise. */
  int innerWidth(String key, String widthKey) {
    int width = positive(widthKey);
    if (get(key) == null && width > Integer.MAX_VALUE / 4) {
      throw wrong(widthKey, "at most " + Integer.MAX_VALUE / 4 + " without " + key, width);
    }
    return positive(key, 4 * width);
  }

  /** Returns an epsilon that is positive as a float32. */
  float epsilon(String key, double ifAbsent) {
    double value = number(key, ifAbsent);
    if ((float) value <= 0) {
      throw wrong(key, "> 0 in float32", value);
    }
    return (float) value;
  }

  double number(String key, double ifAbsent) {
    JsonElement value = get(key);
    if (value == null) {
      return ifAbsent;
    }
    Optional<Double> number = asNumber(value);
    return number.orElseThrow(() -> wrong(key, "a finite number", value));
  }

  boolean flag(String key, boolean ifAbsent) {
    JsonElement value = get(key);
    if (value == null) {
      return ifAbsent;
    }
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
      throw wrong(key, "true or false", value);
    }
    return value.getAsBoolean();
  }

  String string(String key, String ifAbsent) {
    JsonElement value = get(key);
    return value == null ? ifAbsent : string(key, value);
  }

  Optional<List<JsonElement>> list(String key) {
    JsonElement value = get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isJsonArray()) {
      throw wrong(key, "a list", value);
    }
    List<JsonElement> elements = new ArrayList<>();
    ((JsonArray) value).forEach(elements::add);
    return Optional.of(elements);
  }

  /** Returns an exception that says what a key must be; long values are cut. */
  UnlearningException wrong(String key, String rule, Object value) {
    String shown = value.toString();
    return new UnlearningException(
        "%s: %s must be %s, but was: %s"
            .formatted(
                where, key, rule, shown.length() > 80 ? shown.substring(0, 80) + "…" : shown));
  }

  private @Nullable JsonElement get(String key) {
    JsonElement value = json.get(key);
    return value == null || value.isJsonNull() ? null : value;
  }

  private int positive(String key, JsonElement value) {
    Optional<Double> number = asNumber(value);
    if (number.isEmpty()
        || number.get() < 1
        || number.get() > Integer.MAX_VALUE
        || number.get() != Math.rint(number.get())) {
      throw wrong(key, "a positive integer", value);
    }
    return number.get().intValue();
  }

  private String string(String key, JsonElement value) {
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
      throw wrong(key, "a string", value);
    }
    return value.getAsString();
  }

  private static Optional<Double> asNumber(JsonElement value) {
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
      return Optional.empty();
    }
    try {
      double number = value.getAsDouble();
      return Double.isFinite(number) ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
