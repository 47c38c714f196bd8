package dev.unlearn.model.tokenizer;

import static dev.unlearn.model.tokenizer.TestTokenizers.assertRefused;
import static dev.unlearn.model.tokenizer.TestTokenizers.bytePairs;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tokenizers of {@code vocab.json}, {@code merges.txt} and the files beside them. */
@Tag("engine")
final class VocabAndMergesTest {

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
      // The other roles keep GPT-2's token.
      assertThat(tokenizer.encode("c<pad><|endoftext|>").ids()).containsExactly(2, 12, 11);
    }
    Map<String, byte[]> none =
        Map.of(
            "special_tokens_map.json",
            "{\"bos_token\": null, \"eos_token\": null, \"unk_token\": \"c\"}".getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(none)) {
      assertRefused(
          tokenizer, "c<|endoftext|>", "the tokenizer has no token for what stands at character 1");
    }
  }

  @Test
  void vocabAndMerges_withTokensTheVocabularyLacks() {
    Map<String, byte[]> more =
        Map.of(
            "special_tokens_map.json",
            ("{\"mask_token\": {\"content\": \"<mask>\", \"lstrip\": true},"
                    + " \"additional_special_tokens\": [\"dd\"]}")
                .getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(more)) {
      assertThat(tokenizer.encode("a  <mask>dd").ids()).containsExactly(0, 13, 14);
      assertThat(tokenizer.vocabularySize()).isEqualTo(15);
    }
  }

  @Test
  void vocabAndMerges_withConfig() {
    Map<String, byte[]> more =
        Map.of(
            "tokenizer_config.json",
            ("{\"add_prefix_space\": true, \"added_tokens_decoder\": {\"14\": {\"content\": \"d\"},"
                    + " \"13\": {\"content\": \"dd\", \"special\": true}}}")
                .getBytes(UTF_8),
            // Not read beside added_tokens_decoder.
            "added_tokens.json",
            "{\"e\": 15}".getBytes(UTF_8));
    try (HfTokenizer tokenizer = bytePairs(more)) {
      assertThat(tokenizer.encode("abddd").ids()).containsExactly(10, 13, 14);
      assertThat(tokenizer.decode(10, 13, 14)).isEqualTo(" abddd");
      assertThat(tokenizer.vocabularySize()).isEqualTo(15);
    }
  }

  @Test
  void vocabAndMerges_ofOtherTokenizers() {
    for (String name : List.of("GPT2Tokenizer", "GPT2TokenizerFast", "CodeGenTokenizer")) {
      bytePairs(tokenizerClass(name)).close();
    }
    assertThatThrownBy(() -> bytePairs(tokenizerClass("Qwen2Tokenizer")))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "tokenizer_config.json: tokenizer_class must be GPT2Tokenizer for vocab.json and"
                + " merges.txt, but was: Qwen2Tokenizer; save tokenizer.json with the tokenizers"
                + " library");
  }

  private static Map<String, byte[]> tokenizerClass(String name) {
    String config = "{\"tokenizer_class\": \"%s\"}".formatted(name);
    return Map.of("tokenizer_config.json", config.getBytes(UTF_8));
  }
}
