package dev.unlearn.objective;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** Three sequences, logits and hidden states for them, and what objectives make of these. */
final class Tiny {
  static final int ROWS = 3;
  static final int POSITIONS = 7;
  static final int VOCABULARY = 11;
  static final int WIDTH = 8;

  private static final JsonObject JSON = read();

  private Tiny() {}

  private static JsonObject read() {
    try (Reader reader =
        new InputStreamReader(
            Tiny.class.getResourceAsStream("/objective/tiny.json"), StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the sequences, of 7, 6 and 5 tokens; 5, 3 and 3 of them are targets. */
  static List<TokenSequence> sequences() {
    return IntStream.range(0, ROWS)
        .mapToObj(
            row ->
                TokenSequence.of(
                        Arrays.copyOf(
                            ints(JSON.getAsJsonArray("ids").get(row).getAsJsonArray()),
                            ints(JSON.getAsJsonArray("lengths"))[row]))
                    .withPromptLength(ints(JSON.getAsJsonArray("promptLengths"))[row]))
        .toList();
  }

  /** Returns the first positions of logits (3, 7, 11) or states (3, 7, 8), flattened. */
  static double[] values(String name, int positions) {
    JsonArray rows = JSON.getAsJsonArray(name);
    return StreamSupport.stream(rows.spliterator(), false)
        .flatMap(row -> row.getAsJsonArray().asList().subList(0, positions).stream())
        .flatMapToDouble(Tiny::numbers)
        .toArray();
  }

  static double[] vector(String name) {
    return numbers(JSON.get(name)).toArray();
  }

  /** Returns what the losses of Open-Unlearning return. */
  static double expected(String name) {
    return JSON.getAsJsonObject("expected").get(name).getAsDouble();
  }

  /** Returns what formulas give in PyTorch. */
  static double derived(String name) {
    return JSON.getAsJsonObject("derived").get(name).getAsDouble();
  }

  private static DoubleStream numbers(JsonElement array) {
    return array.getAsJsonArray().asList().stream().mapToDouble(JsonElement::getAsDouble);
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }
}
