package dev.unlearn.eval;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.unlearn.api.Interval;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Forgetting thresholds as a JSON file. */
final class ThresholdsFile {
  private static final int FORMAT = 1;
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  private ThresholdsFile() {}

  static void write(ForgettingThresholds thresholds, Path file) {
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("order", thresholds.order());
    json.addProperty("minLength", thresholds.minLength());
    json.addProperty("maxLength", thresholds.maxLength());
    json.addProperty("sequenceCount", thresholds.sequenceCount());
    json.addProperty("targetCount", thresholds.targetCount());
    json.addProperty("el", thresholds.elThreshold());
    json.addProperty("ma", thresholds.maThreshold());
    thresholds
        .elInterval()
        .ifPresent(interval -> json.add("elInterval", GSON.toJsonTree(interval)));
    thresholds
        .maInterval()
        .ifPresent(interval -> json.add("maInterval", GSON.toJsonTree(interval)));
    json.addProperty("modelDigest", thresholds.modelDigest().orElse(""));
    json.addProperty("corpusDigest", thresholds.corpusDigest().orElse(""));
    Path beside = file.resolveSibling(file.getFileName() + ".writing");
    try {
      try {
        Files.writeString(beside, GSON.toJson(json) + "\n");
        Files.move(
            beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot write the file " + file, e);
    }
  }

  static ForgettingThresholds read(Path file) {
    try {
      return thresholds(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
    } catch (JsonParseException
        | IllegalStateException
        | IllegalArgumentException
        | UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "%s must hold forgetting thresholds, but does not: %s".formatted(file, e.getMessage()),
          e);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    }
  }

  private static ForgettingThresholds thresholds(JsonObject json) {
    int format = value(json, "format").getAsInt();
    if (format != FORMAT) {
      throw new IllegalArgumentException("format must be " + FORMAT + ", but was: " + format);
    }
    double el = value(json, "el").getAsDouble();
    double ma = value(json, "ma").getAsDouble();
    int order = value(json, "order").getAsInt();
    int minLength = value(json, "minLength").getAsInt();
    // Checks the ranges.
    var unused = ForgettingThresholds.of(order, minLength, el, ma);
    return ImmutableForgettingThresholds.builder()
        .order(order)
        .minLength(minLength)
        .maxLength(value(json, "maxLength").getAsInt())
        .sequenceCount(value(json, "sequenceCount").getAsInt())
        .targetCount(value(json, "targetCount").getAsLong())
        .elThreshold(el)
        .maThreshold(ma)
        .elInterval(interval(json.get("elInterval")))
        .maInterval(interval(json.get("maInterval")))
        .modelDigest(digest(json, "modelDigest"))
        .corpusDigest(digest(json, "corpusDigest"))
        .build();
  }

  /** One that is not there is an empty string in the file. */
  private static Optional<String> digest(JsonObject json, String name) {
    return Optional.of(value(json, name).getAsString()).filter(digest -> !digest.isEmpty());
  }

  private static JsonElement value(JsonObject json, String name) {
    JsonElement value = json.get(name);
    if (value == null || !value.isJsonPrimitive()) {
      throw new IllegalArgumentException(name + " must be there, but is missing");
    }
    return value;
  }

  private static Optional<Interval> interval(@Nullable JsonElement json) {
    if (json == null) {
      return Optional.empty();
    }
    JsonObject ends = json.getAsJsonObject();
    return Optional.of(
        new Interval(
            value(ends, "low").getAsDouble(),
            value(ends, "high").getAsDouble(),
            value(ends, "confidence").getAsDouble()));
  }
}
