package dev.unlearn.model.safetensors;

import com.google.errorprone.annotations.FormatMethod;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file, checked entry by entry: nothing of it is trusted before it
 * agrees with the size of the file.
 *
 * @param metadata the strings under {@code __metadata__}
 * @param tensors the tensors by name, in the order of their bytes
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, StoredTensor> tensors) {
  static final String METADATA = "__metadata__";

  /** Parses the header of a file whose tensors lie between two positions. */
  static SafetensorsHeader parse(Path file, String json, long dataStart, long dataEnd) {
    try (JsonReader reader = new JsonReader(new StringReader(json))) {
      reader.setStrictness(Strictness.STRICT);
      return new Parser(file, reader, dataStart, dataEnd).parse();
    } catch (IOException e) {
      throw new UnlearningException(file + ": the header must be JSON, but cannot be parsed", e);
    }
  }

  private static final class Parser {
    private final Path file;
    private final JsonReader reader;
    private final long dataStart;
    private final long dataLength;
    private final Map<String, StoredTensor> entries = new LinkedHashMap<>();
    private @Nullable Map<String, String> metadata;

    Parser(Path file, JsonReader reader, long dataStart, long dataEnd) {
      this.file = file;
      this.reader = reader;
      this.dataStart = dataStart;
      this.dataLength = dataEnd - dataStart;
    }

    SafetensorsHeader parse() throws IOException {
      expect(JsonToken.BEGIN_OBJECT, "the header", "an object");
      reader.beginObject();
      while (reader.hasNext()) {
        String name = reader.nextName();
        if (name.equals(METADATA) ? metadata != null : entries.containsKey(name)) {
          throw error("the header must hold each name once, but has %s twice", Shown.of(name));
        }
        if (name.equals(METADATA)) {
          metadata = metadata();
        } else {
          entries.put(name, entry(name));
        }
      }
      reader.endObject();
      expect(JsonToken.END_DOCUMENT, "what follows the header's object", "spaces");
      List<StoredTensor> ordered = new ArrayList<>(entries.values());
      ordered.sort(Comparator.comparingLong(StoredTensor::position));
      checkOverlaps(ordered);
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      ordered.forEach(entry -> tensors.put(entry.name(), entry));
      return new SafetensorsHeader(
          metadata == null ? Map.of() : Collections.unmodifiableMap(metadata),
          Collections.unmodifiableMap(tensors));
    }

    private Map<String, String> metadata() throws IOException {
      Map<String, String> result = new LinkedHashMap<>();
      expect(JsonToken.BEGIN_OBJECT, METADATA, "an object");
      reader.beginObject();
      while (reader.hasNext()) {
        String key = reader.nextName();
        expect(JsonToken.STRING, METADATA + " " + Shown.of(key), "a string");
        if (result.put(key, reader.nextString()) != null) {
          throw error("%s must hold each name once, but has %s twice", METADATA, Shown.of(key));
        }
      }
      reader.endObject();
      return result;
    }

    private StoredTensor entry(String name) throws IOException {
      String subject = "tensor " + Shown.of(name);
      String dataType = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      expect(JsonToken.BEGIN_OBJECT, subject, "an object");
      reader.beginObject();
      while (reader.hasNext()) {
        String field = reader.nextName();
        if (field.equals("dtype") && dataType == null) {
          expect(JsonToken.STRING, subject + ": dtype", "a string");
          dataType = reader.nextString();
        } else if (field.equals("shape") && shape == null) {
          shape = numbers(subject + ": shape");
        } else if (field.equals("data_offsets") && offsets == null) {
          offsets = numbers(subject + ": data_offsets");
        } else {
          throw error(
              "%s must have dtype, shape and data_offsets, each once, but also has %s",
              subject, Shown.of(field));
        }
      }
      reader.endObject();
      return entry(
          name,
          present(subject, "dtype", dataType),
          present(subject, "shape", shape),
          present(subject, "data_offsets", offsets));
    }

    private StoredTensor entry(String name, String dataType, List<Long> shape, List<Long> offsets) {
      String subject = "tensor " + Shown.of(name);
      ElementType type =
          ElementType.of(dataType)
              .orElseThrow(
                  () ->
                      error(
                          "%s: dtype must be one of %s, but was: %s",
                          subject, List.of(ElementType.values()), Shown.of(dataType)));
      if (offsets.size() != 2) {
        throw error(
            "%s: data_offsets must be two numbers, but there are %s", subject, offsets.size());
      }
      long begin = offsets.get(0);
      long end = offsets.get(1);
      if (begin > end) {
        throw error("%s: data_offsets must not fall, but were: [%s, %s]", subject, begin, end);
      }
      if (end > dataLength) {
        throw error(
            "%s must end within the file's %s bytes of data, but ends at %s; the file is cut off",
            subject, dataLength, end);
      }
      StoredTensor tensor;
      try {
        tensor = StoredTensor.contiguous(name, file, type, shape, dataStart + begin);
      } catch (ArithmeticException e) {
        throw error(
            "%s: shape must be of a size that can be counted, but was: %s",
            subject, Shown.of(shape.toString()));
      }
      if (end - begin != tensor.byteCount()) {
        throw error(
            "%s of dtype %s and shape %s must have %s bytes, but has %s",
            subject, dataType, Shown.of(shape.toString()), tensor.byteCount(), end - begin);
      }
      return tensor;
    }

    private void checkOverlaps(List<StoredTensor> ordered) {
      StoredTensor last = null;
      for (StoredTensor entry : ordered) {
        if (entry.byteCount() == 0) {
          continue;
        }
        if (last != null && entry.position() < last.end()) {
          throw error(
              "tensors must not overlap, but %s ends at %s and %s begins at %s",
              Shown.of(last.name()),
              last.end() - dataStart,
              Shown.of(entry.name()),
              entry.position() - dataStart);
        }
        last = entry;
      }
    }

    private List<Long> numbers(String subject) throws IOException {
      List<Long> result = new ArrayList<>();
      expect(JsonToken.BEGIN_ARRAY, subject, "a list");
      reader.beginArray();
      while (reader.hasNext()) {
        expect(JsonToken.NUMBER, subject, "a list of numbers");
        if (result.size() == StoredTensor.MAX_DIMENSIONS) {
          throw error("%s must have at most %s numbers, but has more", subject, result.size());
        }
        String digits = reader.nextString();
        try {
          long value = Long.parseLong(digits);
          if (value < 0) {
            throw error("%s must hold numbers >= 0, but has %s", subject, value);
          }
          result.add(value);
        } catch (NumberFormatException e) {
          throw error("%s must hold 64-bit integers, but has %s", subject, Shown.of(digits));
        }
      }
      reader.endArray();
      return result;
    }

    private <T> T present(String subject, String field, @Nullable T value) {
      if (value == null) {
        throw error("%s must have %s, but has none", subject, field);
      }
      return value;
    }

    private void expect(JsonToken token, String subject, String rule) throws IOException {
      JsonToken found = reader.peek();
      if (found != token) {
        throw error("%s must be %s, but JSON has %s there", subject, rule, found);
      }
    }

    @FormatMethod
    private UnlearningException error(String message, Object... values) {
      return new UnlearningException(file + ": " + message.formatted(values));
    }
  }
}
