package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids as HuggingFace's own libraries give them. */
@Tag("engine")
final class HfTokenizerGoldenTest {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "vocab.json",
          "merges.txt",
          "special_tokens_map.json",
          "added_tokens.json",
          "tokenizer_config.json");

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes", "pieces", "llama3", "qwen2", "neox", "gemma", "unigram", "wordpiece"})
  void encode_asHuggingFace(String folder) throws IOException {
    try (HfTokenizer tokenizer = HfTokenizer.of(files(folder))) {
      for (JsonElement line : JsonParser.parseString(expected(folder)).getAsJsonArray()) {
        String text = line.getAsJsonObject().get("text").getAsString();
        int[] ids =
            line.getAsJsonObject().getAsJsonArray("ids").asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
        assertThat(tokenizer.encode(text).ids()).as(text).containsExactly(ids);
      }
    }
  }

  private static Map<String, byte[]> files(String folder) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    for (String name : NAMES) {
      try (InputStream stream = open(folder, name)) {
        if (stream != null) {
          files.put(name, stream.readAllBytes());
        }
      }
    }
    return files;
  }

  private static String expected(String folder) throws IOException {
    try (InputStream stream = open(folder, "expected.json")) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }

  private static InputStream open(String folder, String name) {
    return HfTokenizerGoldenTest.class.getResourceAsStream(
        "/tokenizer/golden/" + folder + "/" + name);
  }
}
