package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.internal.HostileInput;
import dev.unlearn.model.decoder.Decoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated configurations and indices: each is read or refused in words, quickly and without much
 * memory. {@code -Dunlearn.fuzz=100000} says how many.
 */
@Tag("fuzz")
final class ConfigFuzzTest {
  private static final int ROUNDS = Integer.getInteger("unlearn.fuzz", 2_000);

  /** A description of 10,000 layers takes its time. */
  private static final HostileInput LIMITS = new HostileInput(512L << 20, 10_000_000_000L);

  private static final List<String> CASES =
      List.of(
          "gpt2",
          "gpt_neo",
          "opt_post",
          "gpt_neox",
          "llama3_rope",
          "mistral",
          "qwen2_window",
          "qwen3",
          "phi_gqa",
          "gemma",
          "gemma2",
          "stablelm");

  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "2",
          "3",
          "7",
          "2147483646",
          "2147483647",
          "2147483648",
          "1e308",
          "1e-320",
          "0.5",
          "9223372036854775807",
          "null",
          "true",
          "false",
          "\"\"",
          "\"gelu\"",
          "\"\\u0000\"",
          "[]",
          "[1,2]",
          "[[[\"global\"], 2147483647]]",
          "{}",
          "{\"rope_type\": \"llama3\"}",
          "{\"rope_type\": \"linear\", \"factor\": 1e-9}",
          "{\"factor\": {}}",
          "\"" + "x".repeat(10_000) + "\"");

  private final Random random = new Random(23);

  @TempDir Path folder;

  @Test
  void configuration() throws IOException {
    List<String> originals = new ArrayList<>();
    for (String name : CASES) {
      originals.add(Files.readString(GoldenFolder.of(name).resolve("config.json")));
    }
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = mutated(pick(originals));
      accepted += survives(text, () -> describe(text)) ? 1 : 0;
    }
    assertThat(accepted).isBetween(ROUNDS / 20, ROUNDS * 19 / 20);
  }

  private static void describe(String text) {
    HfConfig config = HfConfig.parse("config.json", text);
    assertThat(new Decoder(Families.of(config).spec(config)).weights()).isNotEmpty();
  }

  @Test
  void index() throws IOException {
    Path source = folder.resolve("model.safetensors.index.json");
    String original =
        """
        {"metadata": {"total_size": 96}, "weight_map": {
          "a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors",
          "c": "model-00002-of-00002.safetensors"}}
        """;
    Files.createFile(folder.resolve("model-00001-of-00002.safetensors"));
    Files.createFile(folder.resolve("model-00002-of-00002.safetensors"));
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = mutated(original);
      Files.writeString(source, text);
      accepted +=
          survives(text, () -> assertInside(WeightIndex.read(source, ".safetensors"))) ? 1 : 0;
    }
    assertThat(accepted).isBetween(ROUNDS / 100, ROUNDS * 19 / 20);
  }

  private void assertInside(WeightIndex index) {
    assertThat(index.files().values())
        .allMatch(file -> folder.resolve(file).normalize().getParent().equals(folder));
  }

  private static boolean survives(String text, Runnable reading) {
    return LIMITS.accepted(
        reading,
        refused -> assertThat(refused.getMessage()).isNotBlank().hasSizeLessThan(1_000),
        () -> text);
  }

  private String mutated(String original) {
    return random.nextInt(3) == 0 ? textMutated(original) : valuesMutated(original);
  }

  private String valuesMutated(String original) {
    JsonObject json = JsonParser.parseString(original).getAsJsonObject();
    for (int change = random.nextInt(3); change >= 0 && !json.isEmpty(); change--) {
      JsonObject target = json;
      String key = pick(List.copyOf(target.keySet()));
      if (target.get(key) instanceof JsonObject inner && !inner.isEmpty() && random.nextBoolean()) {
        target = inner;
        key = pick(List.copyOf(target.keySet()));
      }
      JsonElement removed = target.remove(key);
      switch (random.nextInt(8)) {
        case 0 -> {} // stays away
        case 1 -> target.add(pick(VALUES), removed);
        default -> target.add(key, JsonParser.parseString(pick(VALUES)));
      }
    }
    return json.toString();
  }

  private String textMutated(String original) {
    StringBuilder text = new StringBuilder(original);
    for (int change = random.nextInt(3); change >= 0 && text.length() > 1; change--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(6)) {
        case 0 -> text.deleteCharAt(at);
        case 1 -> text.setCharAt(at, (char) random.nextInt(128));
        case 2 -> text.insert(at, "[{\":,9eE-.\\u".charAt(random.nextInt(12)));
        case 3 -> text.setLength(at);
        case 4 -> text.insert(at, pick(VALUES));
        default -> text.insert(at, "[".repeat(random.nextInt(10_000)));
      }
    }
    return text.toString();
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
