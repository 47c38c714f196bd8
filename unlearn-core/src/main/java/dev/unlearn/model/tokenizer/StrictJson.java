package dev.unlearn.model.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.OptionalInt;

/**
 * Reads JSON of which another parser reads what {@link JsonElement#toString} makes of it: nothing
 * that one reads otherwise, or refuses, gets through.
 */
final class StrictJson {
  /** Below the 128 that the native side reads; real files have about ten. */
  private static final int MAX_DEPTH = 64;

  private static final int MAX_DIGITS = 64;

  private final String where;
  private final JsonReader reader;

  private StrictJson(String where, JsonReader reader) {
    this.where = where;
    this.reader = reader;
  }

  /**
   * Reads an object; {@code where} names its file in errors.
   *
   * @throws UnlearningException if it is none, is not JSON in UTF-8, is nested more than 64 deep,
   *     holds a name twice, half a surrogate pair, or a number beyond a double or of more than 64
   *     characters
   */
  static JsonObject object(String where, byte[] bytes) {
    try (JsonReader reader = new JsonReader(new StringReader(Utf8.decode(where, bytes)))) {
      reader.setStrictness(Strictness.STRICT);
      reader.setNestingLimit(MAX_DEPTH);
      StrictJson json = new StrictJson(where, reader);
      JsonElement element = json.element();
      if (reader.peek() == JsonToken.END_DOCUMENT && element instanceof JsonObject object) {
        return object;
      }
      throw new UnlearningException(where + " must hold a JSON object, but does not");
    } catch (IOException e) {
      throw new UnlearningException(where + " must hold JSON, but cannot be parsed", e);
    }
  }

  /** Returns the index of the first half of a surrogate pair that lacks the other. */
  static OptionalInt halfSurrogate(String text) {
    int position = 0;
    while (position < text.length()) {
      int codePoint = text.codePointAt(position);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        return OptionalInt.of(position);
      }
      position += Character.charCount(codePoint);
    }
    return OptionalInt.empty();
  }

  private JsonElement element() throws IOException {
    return switch (reader.peek()) {
      case BEGIN_OBJECT -> object();
      case BEGIN_ARRAY -> array();
      case STRING -> new JsonPrimitive(unicode(reader.nextString()));
      case NUMBER -> new JsonPrimitive(number(reader.nextString()));
      case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
      default -> {
        reader.nextNull();
        yield JsonNull.INSTANCE;
      }
    };
  }

  private JsonObject object() throws IOException {
    JsonObject object = new JsonObject();
    reader.beginObject();
    while (reader.hasNext()) {
      String name = unicode(reader.nextName());
      if (object.has(name)) {
        throw error("must stand once in its object");
      }
      object.add(name, element());
    }
    reader.endObject();
    return object;
  }

  private JsonArray array() throws IOException {
    JsonArray array = new JsonArray();
    reader.beginArray();
    while (reader.hasNext()) {
      array.add(element());
    }
    reader.endArray();
    return array;
  }

  private Number number(String digits) {
    if (digits.length() > MAX_DIGITS || Double.isInfinite(Double.parseDouble(digits))) {
      throw error("must be a number that a double can hold, in at most 64 characters");
    }
    return new BigDecimal(digits);
  }

  private String unicode(String string) {
    if (halfSurrogate(string).isPresent()) {
      throw error("must be Unicode, but has half a surrogate pair");
    }
    return string;
  }

  private UnlearningException error(String rule) {
    return new UnlearningException(
        "%s: %s %s".formatted(where, JsonChecks.shown(reader.getPath()), rule));
  }
}
