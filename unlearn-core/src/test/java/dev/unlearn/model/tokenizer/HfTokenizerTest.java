package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class HfTokenizerTest {

  @Test
  void encode_withoutSpecialTokensPaddingAndTruncation() {
    // The file asks for all three.
    try (HfTokenizer tokenizer = characters()) {
      assertThat(tokenizer.encode("ab ba").ids()).containsExactly(1, 2, 4, 2, 1);
      assertThat(tokenizer.encode("a").ids()).containsExactly(1);
      assertThat(tokenizer.vocabularySize()).isEqualTo(6);
    }
  }

  @Test
  void encode_unknownTokenWrittenOut() {
    try (HfTokenizer tokenizer = characters()) {
      assertThat(tokenizer.encode("a\n\nb").ids()).containsExactly(1, 0, 0, 2);
    }
    try (HfTokenizer tokenizer = pieces()) {
      assertThat(tokenizer.encode("ab  <unk> ab").ids()).containsExactly(2, 3, 0, 4);
    }
  }

  @Test
  void encode_unknownCharacter() {
    try (HfTokenizer tokenizer = characters()) {
      assertRefused(tokenizer, "a\né", "the tokenizer has no token for what stands at character 2");
      // Each 😀 is one character to the tokenizer and two to Java.
      assertRefused(
          tokenizer, "😀😀\né", "the tokenizer has no token for what stands at character 5");
    }
    try (HfTokenizer tokenizer = pieces()) {
      assertRefused(
          tokenizer, " ab xy", "the tokenizer has no token for what stands at character 4");
    }
  }

  @Test
  void encode_characterThatWouldBeLeftOut() {
    try (HfTokenizer tokenizer = bytePairs(Map.of())) {
      assertRefused(
          tokenizer, "ab 😀dab", "the tokenizer has no token for what stands at character 5");
      assertRefused(
          tokenizer, "ab d😀", "the tokenizer has no token for what stands at character 3");
      // Three of the four bytes of 😁 are those of 😀.
      assertRefused(
          tokenizer, "ab 😁", "the tokenizer has no token for what stands at character 3");
      assertRefused(tokenizer, "a\tb", "the tokenizer has no token for what stands at character 1");
    }
  }

  @Test
  void encode_emptyText() {
    try (HfTokenizer tokenizer = characters()) {
      assertRefused(tokenizer, "", "text must not be empty");
    }
  }

  @Test
  void encode_textOfNoTokens() {
    String words =
        """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
         "model": {"type": "WordLevel", "vocab": {"a": 0, "?": 1}, "unk_token": "?"}}
        """;
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", words.getBytes(UTF_8)))) {
      assertThat(tokenizer.encode(" a a").ids()).containsExactly(0, 0);
      assertRefused(tokenizer, "  ", "text must give at least one token, but gives none");
    }
  }

  @Test
  void encode_refusedByTheTokenizer() {
    // No unknown token in the vocabulary.
    String words =
        """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
         "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "?"}}
        """;
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", words.getBytes(UTF_8)))) {
      assertRefused(tokenizer, "secret", "the tokenizer cannot encode this text");
    }
  }

  @Test
  void encode_halfASurrogatePair() {
    try (HfTokenizer tokenizer = characters()) {
      assertRefused(
          tokenizer,
          "😀\ud83d",
          "text must be Unicode, but has half a surrogate pair at character 2");
      assertRefused(
          tokenizer,
          "a\ude00",
          "text must be Unicode, but has half a surrogate pair at character 1");
    }
  }

  @Test
  void sequences_oneRefused() {
    try (HfTokenizer tokenizer = characters()) {
      assertThatThrownBy(() -> tokenizer.sequences(List.of("ab", "abé")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("text 1: the tokenizer has no token for what stands at character 2");
    }
  }

  @Test
  void decode_keepsSpecialTokensAndSpaces() {
    try (HfTokenizer tokenizer = characters()) {
      assertThat(tokenizer.decode(5, 1, 4, 4, 3, 0)).isEqualTo("<s>a  😀\n");
      assertThat(tokenizer.decode()).isEmpty();
      assertThat(tokenizer.decode(1, 99, 2)).isEqualTo("ab");
    }
  }

  @Test
  void vocabAndMerges_encodeAndDecode() {
    try (HfTokenizer tokenizer = bytePairs(Map.of())) {
      // Symbols: a b c space newline, the four bytes of 😀, "ab", " ab", two special tokens.
      String text = "ab ab  ab\n😀c<|endoftext|>";
      int[] ids = {9, 10, 3, 10, 4, 5, 6, 7, 8, 2, 11};

      assertThat(tokenizer.encode(text).ids()).containsExactly(ids);
      assertThat(tokenizer.decode(ids)).isEqualTo(text);
      assertThat(tokenizer.vocabularySize()).isEqualTo(13);
    }
  }

  @Test
  void vocabAndMerges_withSpecialAndAddedTokens() {
    Map<String, byte[]> more =
        Map.of(
            "special_tokens_map.json",
            "{\"pad_token\": {\"content\": \"<pad>\"}, \"eos_token\": \"<|endoftext|>\"}"
                .getBytes(UTF_8),
            "added_tokens.json",
            "{\"dd\": 14, \"d\": 13}".getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(more)) {
      assertThat(tokenizer.encode("<pad>dda").ids()).containsExactly(12, 14, 0);
      assertThat(tokenizer.vocabularySize()).isEqualTo(15);
    }
  }

  @Test
  void vocabAndMerges_withOtherSpecialTokens() {
    Map<String, byte[]> more =
        Map.of("special_tokens_map.json", "{\"pad_token\": \"<pad>\"}".getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(more)) {
      assertThat(tokenizer.encode("c<pad>").ids()).containsExactly(2, 12);
      assertRefused(
          tokenizer, "c<|endoftext|>", "the tokenizer has no token for what stands at character 1");
    }
  }

  @Test
  void of_filesThatCannotBeUsed() {
    Map<String, byte[]> merges = files(Map.of("vocab.json", "vocab.json"));
    assertThatThrownBy(() -> HfTokenizer.of(merges))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a tokenizer needs tokenizer.json, or vocab.json and merges.txt, but there are:"
                + " [vocab.json]");
    merges.put("merges.txt", "#version: 0.2\na b c\n".getBytes(UTF_8));
    assertThatThrownBy(() -> HfTokenizer.of(merges))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("merges.txt: line 2 must hold two symbols with a space between");
    merges.put("merges.txt", "a x\n".getBytes(UTF_8));
    assertThatThrownBy(() -> HfTokenizer.of(merges))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            "vocab.json and merges.txt must hold a tokenizer, but cannot be used: ");
    merges.put("vocab.json", "[]".getBytes(UTF_8));
    assertThatThrownBy(() -> HfTokenizer.of(merges))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("vocab.json must hold a JSON object, but does not");
    assertThatThrownBy(() -> HfTokenizer.of(Map.of("tokenizer.json", "{".getBytes(UTF_8))))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("tokenizer.json must hold a tokenizer, but cannot be used: ");
    assertThatThrownBy(() -> HfTokenizer.of(Map.of("tokenizer.json", new byte[] {(byte) 0xff})))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("tokenizer.json must be UTF-8, but is not");
  }

  @Test
  void of_leavesSystemPropertiesAlone() {
    Map<Object, Object> before = new HashMap<>(System.getProperties());

    characters().close();

    assertThat(System.getProperties()).containsExactlyInAnyOrderEntriesOf(before);
  }

  @Test
  void close_thenUse() {
    HfTokenizer tokenizer = characters();
    tokenizer.close();
    tokenizer.close();

    assertThatThrownBy(() -> tokenizer.encode("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the tokenizer is closed");
    assertThatThrownBy(() -> tokenizer.decode(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the tokenizer is closed");
  }

  @Test
  void encode_fromManyThreads() {
    try (HfTokenizer tokenizer = bytePairs(Map.of())) {
      assertThat(
              IntStream.range(1, 400)
                  .parallel()
                  .map(count -> tokenizer.encode(" ab".repeat(count)).length() - count))
          .containsOnly(0);
    }
  }

  private static HfTokenizer characters() {
    return HfTokenizer.of(files(Map.of("tokenizer.json", "characters.json")));
  }

  private static HfTokenizer pieces() {
    return HfTokenizer.of(files(Map.of("tokenizer.json", "pieces.json")));
  }

  private static HfTokenizer bytePairs(Map<String, byte[]> more) {
    Map<String, byte[]> files =
        files(Map.of("vocab.json", "vocab.json", "merges.txt", "merges.txt"));
    files.putAll(more);
    return HfTokenizer.of(files);
  }

  private static Map<String, byte[]> files(Map<String, String> resources) {
    Map<String, byte[]> files = new HashMap<>();
    resources.forEach((name, resource) -> files.put(name, read(resource)));
    return files;
  }

  private static byte[] read(String resource) {
    try (InputStream stream = HfTokenizerTest.class.getResourceAsStream("/tokenizer/" + resource)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertRefused(HfTokenizer tokenizer, String text, String message) {
    assertThatThrownBy(() -> tokenizer.encode(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
