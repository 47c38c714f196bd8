package dev.unlearn.model.hf;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.model.decoder.DecoderSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@code config.json}, read with its types checked. A key whose value is null counts as absent
 * unless said otherwise. Every method that reads throws an {@link UnlearningException} for a value
 * of the wrong type or range, naming file, key, rule and value.
 */
public final class HfConfig {
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

  /** Returns an integer > 0 that must be there. */
  public int positive(String key) {
    JsonElement value = get(key);
    if (value == null) {
      throw new UnlearningException(where + ": " + key + " is missing");
    }
    return positive(key, value);
  }

  /** Returns an integer > 0. */
  public int positive(String key, int ifAbsent) {
    JsonElement value = get(key);
    return value == null ? ifAbsent : positive(key, value);
  }

  /** Returns a number of layers, far above any real one at most. */
  public int layerCount(String key) {
    int count = positive(key);
    if (count > MAX_LAYERS) {
      throw wrong(key, "at most " + MAX_LAYERS, count);
    }
    return count;
  }

  /** Returns four times the width under another key, unless this key says otherwise. */
  public int innerWidth(String key, String widthKey) {
    int width = positive(widthKey);
    if (get(key) == null && width > Integer.MAX_VALUE / 4) {
      throw wrong(widthKey, "at most " + Integer.MAX_VALUE / 4 + " without " + key, width);
    }
    return positive(key, 4 * width);
  }

  /** Returns the width of a head: that of the model, which must be a multiple, by the heads. */
  public int headWidth(String widthKey, String headsKey) {
    int width = positive(widthKey);
    int heads = positive(headsKey);
    if (width % heads != 0) {
      throw wrong(widthKey, "a multiple of " + headsKey + " (" + heads + ")", width);
    }
    return width / heads;
  }

  /** Returns the width of a head under {@code head_dim}, or that of the model by the heads. */
  public int headDim() {
    int quotient = positive("hidden_size") / positive("num_attention_heads");
    return positive("head_dim", Math.max(1, quotient));
  }

  /**
   * Returns the number of heads of keys and values; null in the file means as many as queries.
   *
   * @param ifAbsent what a file without the key means
   */
  public int keyValueHeads(int ifAbsent) {
    String key = "num_key_value_heads";
    return positive(key, json.has(key) ? positive("num_attention_heads") : ifAbsent);
  }

  /** Returns an object under a key, whose errors name both. */
  public Optional<HfConfig> object(String key) {
    JsonElement value = get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isJsonObject()) {
      throw wrong(key, "an object", value);
    }
    return Optional.of(new HfConfig(where + ": " + key, value.getAsJsonObject()));
  }

  /** Returns strings under a key. */
  public Optional<List<String>> strings(String key) {
    return list(key).map(elements -> elements.stream().map(e -> string(key, e)).toList());
  }

  /** Returns whether the file has a key, be its value null. */
  public boolean has(String key) {
    return json.has(key);
  }

  /** Returns whether the file has a value for a key that is not null. */
  public boolean given(String key) {
    return get(key) != null;
  }

  boolean isEmpty() {
    return json.isEmpty();
  }

  /** Refuses keys of a form that is not read. */
  void mustHoldNo(String... keys) {
    for (String key : keys) {
      if (has(key)) {
        throw wrong(key, "absent, since kinds of layers cannot differ here", json.get(key));
      }
    }
  }

  /** Refuses any value of a switch but the one that is built. */
  public void mustBe(String key, boolean only) {
    if (flag(key, only) != only) {
      throw wrong(key, only + ", the only form that is built", !only);
    }
  }

  /**
   * Refuses what is not built: a key may only be absent, or its value null, false or empty.
   *
   * @throws UnlearningException if there is more under one of the keys
   */
  public void mustBeOff(String... keys) {
    for (String key : keys) {
      JsonElement value = get(key);
      if (value != null && !isOff(value)) {
        throw wrong(key, "off, since it is not built", value);
      }
    }
  }

  private static boolean isOff(JsonElement value) {
    return value.equals(new JsonPrimitive(false))
        || (value.isJsonArray() && value.getAsJsonArray().isEmpty())
        || (value.isJsonObject() && value.getAsJsonObject().isEmpty());
  }

  /** Returns whether the value under a key is a string. */
  public boolean isString(String key) {
    JsonElement value = get(key);
    return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
  }

  /** Returns an integer >= 0. */
  public int natural(String key, int ifAbsent) {
    JsonElement value = get(key);
    return value != null && value.equals(new JsonPrimitive(0)) ? 0 : positive(key, ifAbsent);
  }

  /** Returns a cap on scores or logits; null in the file means none, 0 here. */
  public float cap(String key, double ifAbsent) {
    if (!given(key)) {
      return has(key) ? 0 : (float) ifAbsent;
    }
    double value = number(key, ifAbsent);
    if (!isPositiveFloat(value)) {
      throw wrong(key, "null or > 0 in float32", value);
    }
    return (float) value;
  }

  /**
   * Returns a description whose parts fit one another.
   *
   * @throws UnlearningException if they do not
   */
  public DecoderSpec build(DecoderSpec.Builder builder) {
    return checked(builder::build);
  }

  /** Returns what a supplier makes of this file's values; what it refuses is the file's fault. */
  <T> T checked(Supplier<T> supplier) {
    try {
      return supplier.get();
    } catch (IllegalArgumentException e) {
      throw new UnlearningException(where + ": " + e.getMessage(), e);
    }
  }

  /** Returns an epsilon that is positive and finite as a float32. */
  public float epsilon(String key, double ifAbsent) {
    double value = number(key, ifAbsent);
    if (!isPositiveFloat(value)) {
      throw wrong(key, "> 0 in float32", value);
    }
    return (float) value;
  }

  /** Returns a finite number. */
  public double number(String key, double ifAbsent) {
    JsonElement value = get(key);
    if (value == null) {
      return ifAbsent;
    }
    Optional<Double> number = asNumber(value);
    return number.orElseThrow(() -> wrong(key, "a finite number", value));
  }

  /** Returns true or false. */
  public boolean flag(String key, boolean ifAbsent) {
    JsonElement value = get(key);
    if (value == null) {
      return ifAbsent;
    }
    if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
      throw wrong(key, "true or false", value);
    }
    return value.getAsBoolean();
  }

  /** Returns a string. */
  public String string(String key, String ifAbsent) {
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
  public UnlearningException wrong(String key, String rule, Object value) {
    return new UnlearningException(
        "%s: %s must be %s, but was: %s".formatted(where, key, rule, Shown.of(value)));
  }

  private static boolean isPositiveFloat(double value) {
    return (float) value > 0 && Float.isFinite((float) value);
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
