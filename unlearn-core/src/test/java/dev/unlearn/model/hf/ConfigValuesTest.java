package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.internal.HostileInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every value of a {@code config.json} in turn is replaced by ones of wrong type or size. */
final class ConfigValuesTest {
  private static final HostileInput LIMITS = new HostileInput(512L << 20, 10_000_000_000L);

  private static final List<String> VALUES =
      List.of(
          "null",
          "\"\"",
          "\"x\"",
          "-1",
          "0",
          "0.5",
          "2147483647",
          "1e308",
          "1e999",
          "true",
          "[]",
          "[null]",
          "[[[0]]]",
          "{}",
          "{\"a\": null}");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2",
        "gpt_neo",
        "gpt_neox",
        "opt_post",
        "llama3_rope",
        "mistral",
        "qwen2_window",
        "qwen3",
        "phi_gqa",
        "gemma2"
      })
  void describe_oneValueWrong(String golden) throws IOException {
    for (JsonObject config : variants(GoldenFolder.of(golden).resolve("config.json"))) {
      boolean unused =
          LIMITS.accepted(
              () -> {
                HfConfig parsed = HfConfig.parse("config.json", config.toString());
                assertThat(Families.of(parsed).spec(parsed).layers()).isNotEmpty();
              },
              refused ->
                  assertThat(refused).message().matches("(?s)config.json.* (must .*|is missing)"),
              config::toString);
    }
  }

  /** With weights, which may fit no longer. */
  @Test
  @Tag("engine")
  void load_oneValueWrong(@TempDir Path parent) throws IOException {
    ModelFolder folder = ModelFolder.copyOf("gpt2", parent);
    int loaded = 0;
    List<JsonObject> variants = variants(folder.file("config.json"));
    for (JsonObject config : variants) {
      Files.writeString(folder.file("config.json"), config.toString());
      boolean accepted =
          LIMITS.accepted(
              () -> folder.load().close(),
              refused -> assertThat(refused).message().contains(folder.path().toString()),
              config::toString);
      loaded += accepted ? 1 : 0;
    }
    assertThat(loaded).isBetween(variants.size() / 10, variants.size() * 9 / 10);
  }

  private static List<JsonObject> variants(Path config) throws IOException {
    String original = Files.readString(config);
    List<JsonElement> values = VALUES.stream().map(JsonParser::parseString).toList();
    return JsonParser.parseString(original).getAsJsonObject().keySet().stream()
        .flatMap(
            key ->
                values.stream()
                    .map(
                        value -> {
                          JsonObject changed = JsonParser.parseString(original).getAsJsonObject();
                          changed.add(key, value);
                          return changed;
                        }))
        .toList();
  }
}
