package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import org.junit.jupiter.api.Test;

/** Each rule stands for a file with which the native side ends the process, or does not end. */
final class TokenizerRulesTest {
  private static final String MODEL = "'model': {'vocab': {'a': 0, 'b': 1}, 'merges': []}";

  @Test
  void apply_leavesOutWhatDoesNotCount() {
    JsonObject json =
        json(
            "{'truncation': {'max_length': -1}, 'padding': 5, 'post_processor': 'x',"
                + " 'model': {'vocab': {}, 'merges': [], 'dropout': 0.5}}");
    assertThat(TokenizerRules.apply("t", json))
        .isEqualTo(new PartRules.Longest(1 << 24, Integer.MAX_VALUE));
    assertThat(json)
        .hasToString(
            "{\"truncation\":null,\"padding\":null,\"post_processor\":null,"
                + "\"model\":{\"vocab\":{},\"merges\":[]}}");
  }

  @Test
  void apply_addedTokensAreNumberedOn() {
    JsonObject json =
        json(
            "{'added_tokens': [{'id': 7, 'content': 'x'}, {'id': 9, 'content': 'b'},"
                + " {'id': 3, 'content': ''}, {'id': 0, 'content': 'y'}], "
                + MODEL
                + "}");
    assertThat(TokenizerRules.apply("t", json).text()).isPositive();
    assertThat(json.getAsJsonArray("added_tokens").asList())
        .extracting(token -> token.getAsJsonObject().get("id").getAsInt())
        .containsExactly(2, 1, 3, 3);
  }

  @Test
  void apply_longestTextShrinksWithTheNormalizer() {
    String split = "'pre_tokenizer': {'type': 'Split', 'pattern': {'Regex': 'a*b'}}, ";
    String normalizer =
        "'normalizer': {'type': 'Replace', 'pattern': {'String': 'a'}, 'content': 'aaaa'}, ";
    assertThat(TokenizerRules.apply("t", json("{" + split + normalizer + MODEL + "}")).text())
        .isEqualTo(8_999_999 / 4);
  }

  @Test
  void apply_parts() {
    assertRefused("'decoder': 5", "decoder must be an object");
    assertRefused(
        "'decoder': {'decoders': [{'content': 'a', 'stop': 1}]}",
        "decoder.decoders[0].stop must be a whole number from 0 to 0, but was: 1");
    assertRefused("'decoder': {'suffix': ''}", "decoder.suffix must not be empty");
    assertRefused(
        "'decoder': {'pattern': {'Regex': '(a|b)*(a|b)*c'}, 'content': ''}",
        "decoder.pattern.Regex must not take too many steps, but may on short texts too:"
            + " (a|b)*(a|b)*c; make repetitions possessive, as in a++, or take repetitions out of"
            + " repetitions");
    assertRefused(
        "'pre_tokenizer': {'pattern': {'Regex': '(?#a)'}}",
        "pre_tokenizer.pattern.Regex must be an expression whose steps can be counted, but has a"
            + " construct that is not understood: (?#a); write it without backreferences, calls"
            + " and conditions");
    assertRefused("'normalizer': {'prepend': ''}", "normalizer.prepend must not be empty");
    assertRefused(
        "'normalizer': {'pattern': {'String': ''}, 'content': 'a'}",
        "normalizer.pattern.String must not be empty");
    assertRefused(
        "'normalizer': {'pattern': {'Regex': 'a*'}, 'content': 'a'}",
        "normalizer.pattern.Regex must not match what is empty, but was: a*");
    assertRefused(
        "'normalizer': {'type': 'Precompiled'}",
        "normalizer.precompiled_charsmap must be a string");
    assertRefused(
        "'normalizer': {'precompiled_charsmap': 'AAAA'}",
        "normalizer.precompiled_charsmap must be SentencePiece's, but cannot be used");
    assertRefused(
        "'pre_tokenizer': {'length': 0}",
        "pre_tokenizer.length must be a whole number from 1 to 2147483647, but was: 0");
    assertRefused(
        "'pre_tokenizer': {'pretokenizers': [" + "{},".repeat(70) + "{}]}",
        "there must be at most 64 parts of normalizer, pre_tokenizer and decoder");
  }

  @Test
  void apply_normalizersThatGrow() {
    String doubling = "{'pattern': {'String': 'a'}, 'content': 'aa'}";
    assertRefused(
        "'normalizer': {'normalizers': [" + (doubling + ",").repeat(39) + doubling + "]}",
        "normalizer.normalizers[8] must not make a text more than 256 times as long");
  }

  @Test
  void apply_addedTokens() {
    assertRefused(
        "'added_tokens': [{'id': -1, 'content': 'x'}]",
        "added_tokens[0].id must be a whole number from 0 to 1073741824, but was: -1");
    assertRefused(
        "'added_tokens': [{'id': 1, 'content': '" + "x".repeat(1001) + "'}]",
        "added_tokens[0].content must have at most 1000 characters, but has: 1001");
    assertRefused(
        "'added_tokens': [" + "{'id': 1, 'content': 'x'},".repeat(100_000) + "5]",
        "added_tokens must have at most 100000 entries, but has: 100001");
    assertRefused(
        "'added_tokens': ["
            + ("{'id': 1, 'content': '" + "x".repeat(1000) + "'},").repeat(4000)
            + "{'id': 1, 'content': 'x'}]",
        "added_tokens must have at most 4000000 characters in all, but have more");
  }

  @Test
  void apply_models() {
    assertModelRefused("5", "model must be an object");
    assertModelRefused("{}", "model.vocab must be an object");
    assertModelRefused(
        "{'vocab': {'a': 4294967295}}",
        "each id of model.vocab must be a whole number from 0 to 1073741824, but was: 4294967295");
    assertModelRefused(
        "{'vocab': {}, 'continuing_subword_prefix': '##', 'merges': ['a b']}",
        "the second symbol of each merge must begin with model.continuing_subword_prefix, but one"
            + " does not");
    assertModelRefused(
        "{'vocab': {}, 'end_of_word_suffix': '" + "x".repeat(17) + "'}",
        "model.end_of_word_suffix must have at most 16 characters, but has: 17");
    assertModelRefused(
        "{'vocab': [['" + "x".repeat(1001) + "', 0]]}",
        "each piece of model.vocab must have at most 1000 characters, but one has: 1001");
    assertModelRefused(
        "{'vocab': {}, 'max_input_chars_per_word': 10001}",
        "model.max_input_chars_per_word must be a whole number from 0 to 10000, but was: 10001");
  }

  @Test
  void json_strict() {
    assertNoJson("", "t must hold JSON, but cannot be parsed");
    assertNoJson("{'a': 1}", "t must hold JSON, but cannot be parsed");
    assertNoJson("{} {}", "t must hold JSON, but cannot be parsed");
    assertNoJson("[".repeat(65), "t must hold JSON, but cannot be parsed");
    assertNoJson("{\"a\": NaN}", "t must hold JSON, but cannot be parsed");
    assertNoJson("[]", "t must hold a JSON object, but does not");
    assertNoJson("{\"a\": [0], \"a\": 1}", "t: $.a must stand once in its object");
    assertNoJson(
        "{\"a\": [1e999]}",
        "t: $.a[1] must be a number that a double can hold, in at most 64 characters");
    assertNoJson("{\"a\": \"\\ud800\"}", "t: $.a must be Unicode, but has half a surrogate pair");
  }

  private static void assertRefused(String part, String message) {
    assertThatThrownBy(() -> TokenizerRules.apply("t", json("{" + part + ", " + MODEL + "}")))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("t: " + message);
  }

  private static void assertModelRefused(String model, String message) {
    assertThatThrownBy(() -> TokenizerRules.apply("t", json("{'model': " + model + "}")))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("t: " + message);
  }

  private static void assertNoJson(String text, String message) {
    assertThatThrownBy(() -> StrictJson.object("t", text.getBytes(UTF_8)))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message);
  }

  private static JsonObject json(String quoted) {
    return StrictJson.object("t", quoted.replace('\'', '"').getBytes(UTF_8));
  }
}
