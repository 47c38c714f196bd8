package dev.unlearn.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/** Small tokenizers from the test resources. */
final class TestTokenizers {
  private TestTokenizers() {}

  static HfTokenizer characters() {
    return HfTokenizer.of(files(Map.of("tokenizer.json", "characters.json")));
  }

  static HfTokenizer pieces() {
    return HfTokenizer.of(files(Map.of("tokenizer.json", "pieces.json")));
  }

  static HfTokenizer bytePairs(Map<String, byte[]> more) {
    Map<String, byte[]> files =
        files(Map.of("vocab.json", "vocab.json", "merges.txt", "merges.txt"));
    files.putAll(more);
    return HfTokenizer.of(files);
  }

  static Map<String, byte[]> files(Map<String, String> resources) {
    Map<String, byte[]> files = new HashMap<>();
    resources.forEach((name, resource) -> files.put(name, read(resource)));
    return files;
  }

  static byte[] read(String resource) {
    try (InputStream stream = TestTokenizers.class.getResourceAsStream("/tokenizer/" + resource)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static void assertRefused(HfTokenizer tokenizer, String text, String message) {
    assertThatThrownBy(() -> tokenizer.encode(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
