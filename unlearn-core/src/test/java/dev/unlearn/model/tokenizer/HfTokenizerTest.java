package dev.unlearn.model.tokenizer;

import static dev.unlearn.model.tokenizer.TestTokenizers.assertRefused;
import static dev.unlearn.model.tokenizer.TestTokenizers.bytePairs;
import static dev.unlearn.model.tokenizer.TestTokenizers.characters;
import static dev.unlearn.model.tokenizer.TestTokenizers.files;
import static dev.unlearn.model.tokenizer.TestTokenizers.pieces;
import static dev.unlearn.model.tokenizer.TestTokenizers.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void sequences_textsThatDoNotSurvive() {
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", lowercasing()))) {
      assertThat(warning(tokenizer, List.of("ab", "a b"))).isEmpty();
      assertThat(warning(tokenizer, List.of("ab", "aB", "b", "A")))
          .endsWith(
              "2 of 4 texts are not what their tokens decode to: text 1 from character 1, text 3"
                  + " from character 0");
      assertThat(warning(tokenizer, Collections.nCopies(11, "A")))
          .endsWith("text 9 from character 0, and others");
    }
  }

  @Test
  void sequences_spacePutBeforeEach() {
    Map<String, byte[]> more =
        Map.of("tokenizer_config.json", "{\"add_prefix_space\": true}".getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(more)) {
      assertThat(tokenizer.decode(tokenizer.encode("ab").ids())).isEqualTo(" ab");
      assertThat(warning(tokenizer, List.of("ab", " ab"))).isEmpty();
    }
  }

  /** Encodes texts and returns what the log says. */
  private static String warning(HfTokenizer tokenizer, List<String> texts) {
    PrintStream standardError = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, UTF_8));
    try {
      assertThat(tokenizer.sequences(texts)).hasSameSizeAs(texts);
    } finally {
      System.setErr(standardError);
    }
    return log.toString(UTF_8).strip();
  }

  private static byte[] lowercasing() {
    return """
    {"version": "1.0", "added_tokens": [], "normalizer": {"type": "Lowercase"},
     "decoder": {"type": "Fuse"},
     "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, " ": 2}, "merges": []}}
    """
        .getBytes(UTF_8);
  }

  @Test
  void encode_longestText() {
    // Its expression goes back through a run of a's for each character of another.
    String json =
        """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Split",
          "pattern": {"Regex": "a*a*b"}, "behavior": "Isolated", "invert": false},
         "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}}
        """;
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", json.getBytes(UTF_8)))) {
      assertThat(tokenizer.encode("ab".repeat(1_000)).length()).isEqualTo(2_000);
      assertRefused(
          tokenizer, "a".repeat(3_000), "text must have at most 2999 characters, but has: 3000");
    }
    try (HfTokenizer tokenizer = characters()) {
      assertThat(tokenizer.encode("a".repeat(1_500_000)).length()).isEqualTo(1_500_000);
    }
  }

  @Test
  void decode_withARegularExpression() {
    String json =
        """
        {"version": "1.0", "added_tokens": [], "decoder": {"type": "Sequence", "decoders": [
           {"type": "Fuse"},
           {"type": "Replace", "pattern": {"Regex": " +$"}, "content": ""}]},
         "model": {"type": "BPE", "vocab": {"a": 0, " ": 1}, "merges": []}}
        """;
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", json.getBytes(UTF_8)))) {
      assertThat(tokenizer.decode(0, 1, 0, 1, 1)).isEqualTo("a a");
      assertThatThrownBy(() -> tokenizer.decode(new int[4_500_000]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("ids must be at most 4499999, but are: 4500000");
    }
  }

  @Test
  void of_addedTokensThatTakeSpaces() {
    String mask = added("<mask>", "lstrip", true);
    String user = added("<|user|>", "rstrip", false);
    String json = withAdded("NFC", mask + ", " + user);
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", json.getBytes(UTF_8)))) {
      assertThat(tokenizer.encode("<|user|>  <mask>").ids()).containsExactly(2, 1);
    }
    // This normalizer makes a space of the two letters.
    String spaced =
        withAdded(
            "Replace\", \"pattern\": {\"String\": \"__\"}, \"content\": \" ",
            added("__m", "lstrip", true) + ", " + user);
    assertThatThrownBy(() -> HfTokenizer.of(Map.of("tokenizer.json", spaced.getBytes(UTF_8))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "tokenizer.json: added_tokens[0] must not have lstrip and begin with a space, because"
                + " added_tokens[1] has rstrip");
  }

  @Test
  void of_addedTokenThatIsNotNormalized() {
    String json =
        withAdded(
            "Strip\", \"strip_right\": true, \"strip_left\": true, \"x\": \"",
            added("\\n", "single_word", false).replace("true, \"lstrip", "false, \"lstrip"));
    try (HfTokenizer tokenizer = HfTokenizer.of(Map.of("tokenizer.json", json.getBytes(UTF_8)))) {
      assertThat(tokenizer.encode("a\na").ids()).containsExactly(0, 1, 0);
    }
  }

  private static String added(String content, String flag, boolean normalized) {
    return """
    {"id": 1, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": %b, "special": true}
    """
        .formatted(content, normalized)
        .replace("\"" + flag + "\": false", "\"" + flag + "\": true");
  }

  private static String withAdded(String normalizer, String added) {
    return """
    {"version": "1.0", "normalizer": {"type": "%s"}, "added_tokens": [%s],
     "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}
    """
        .formatted(normalizer, added);
  }

  @Test
  void load_fileOrFolder(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("other.json"), read("characters.json"));
    try (HfTokenizer tokenizer = HfTokenizer.load(file)) {
      assertThat(tokenizer.encode("ab").ids()).containsExactly(1, 2);
    }
    assertThatThrownBy(() -> HfTokenizer.load(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the folder must hold tokenizer.json, or vocab.json and merges.txt, but does not: "
                + folder);
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> HfTokenizer.load(none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a file or folder at " + none);
    Files.write(folder.resolve("vocab.json"), read("vocab.json"));
    Files.write(folder.resolve("merges.txt"), read("merges.txt"));
    try (HfTokenizer tokenizer = HfTokenizer.load(folder)) {
      assertThat(tokenizer.encode(" ab").ids()).containsExactly(10);
    }
  }

  @Test
  void of_addedTokenThatNormalizesToNothing() {
    String json =
        """
        {"version": "1.0", "normalizer": {"type": "StripAccents"}, "added_tokens": [
          {"id": 1, "content": "\u0301", "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": true, "special": false}],
         "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}
        """;
    assertThatThrownBy(() -> HfTokenizer.of(Map.of("tokenizer.json", json.getBytes(UTF_8))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "tokenizer.json: the normalizer must leave something of added_tokens[0], but leaves"
                + " nothing");
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
        .hasMessage("tokenizer.json must hold JSON, but cannot be parsed");
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
}
