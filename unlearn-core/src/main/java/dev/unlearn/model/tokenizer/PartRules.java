package dev.unlearn.model.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What normalizer, pre_tokenizer and decoder must keep to.
 *
 * <p>Parts are known by their fields and not by their type, since a type that does not fit is no
 * hindrance to the native side.
 */
final class PartRules {
  // All far above real ones; memory must hold the last.
  private static final int MAX_PARTS = 64;
  private static final int MAX_GROWTH = 256;
  private static final double MAX_GROWN = 1 << 27;

  // How many characters the forms make of one, at most.
  private static final Map<String, Integer> UNICODE_GROWTH =
      Map.of("NFC", 3, "NFD", 4, "NFKC", 18, "NFKD", 18, "Lowercase", 3, "BertNormalizer", 12);

  private static final List<String> LISTS = List.of("normalizers", "pretokenizers", "decoders");

  private final JsonChecks checks;
  private int parts;
  private double growth = 1;
  private double unicodeGrowth = 1;
  private double longestText = BacktrackingRule.MAX_TEXT;

  private PartRules(JsonChecks checks) {
    this.checks = checks;
  }

  /**
   * What the parts are safe with, in {@code char}s.
   *
   * @param text the length of the longest text
   * @param decoded the length of the longest text of tokens that may be decoded
   */
  record Longest(int text, int decoded) {}

  static Longest apply(JsonChecks checks, JsonObject json) {
    PartRules decoding = new PartRules(checks);
    decoding.growth = 2; // A space may come between any two tokens.
    decoding.check("decoder", json.get("decoder"));
    PartRules encoding = new PartRules(checks);
    encoding.check("normalizer", json.get("normalizer"));
    encoding.check("pre_tokenizer", json.get("pre_tokenizer"));
    double text = Math.min(encoding.longestText, MAX_GROWN / encoding.growth);
    boolean anyDecoded = decoding.longestText == BacktrackingRule.MAX_TEXT;
    return new Longest((int) text, anyDecoded ? Integer.MAX_VALUE : (int) decoding.longestText);
  }

  private void check(String name, JsonElement element) {
    if (element == null || element.isJsonNull()) {
      return;
    }
    JsonObject part = checks.object(element, name);
    parts++;
    if (parts > MAX_PARTS) {
      throw checks.error(
          "there must be at most %d parts of normalizer, pre_tokenizer and decoder", MAX_PARTS);
    }
    checkFields(name, part);
    for (String key : LISTS) {
      if (part.get(key) instanceof JsonArray list) {
        for (int index = 0; index < list.size(); index++) {
          check("%s.%s[%d]".formatted(name, key, index), list.get(index));
        }
      }
    }
    if (growth > MAX_GROWTH) {
      throw checks.error("%s must not make a text more than %d times as long", name, MAX_GROWTH);
    }
  }

  private void checkFields(String name, JsonObject part) {
    String type =
        JsonChecks.value(part, "type")
            .map(value -> checks.string(value, name + ".type"))
            .orElse("");
    // A character has up to three bytes, and any piece may get a space before it.
    growth *= type.equals("ByteLevel") ? 4 : type.equals("Metaspace") ? 2 : 1;
    unicodeGrowth = Math.max(unicodeGrowth, UNICODE_GROWTH.getOrDefault(type, 1));
    if (type.equals("Precompiled") || part.has("precompiled_charsmap")) {
      checkCharsmap(name + ".precompiled_charsmap", part);
    }
    JsonChecks.value(part, "pattern").ifPresent(pattern -> checkPattern(name, pattern, part));
    JsonChecks.value(part, "prepend")
        .ifPresent(prepend -> growth *= 1 + checks.nonEmpty(prepend, name + ".prepend").length());
    JsonChecks.value(part, "stop").ifPresent(stop -> checks.integer(stop, name + ".stop", 0, 0));
    JsonChecks.value(part, "length")
        .ifPresent(length -> checks.integer(length, name + ".length", 1, Integer.MAX_VALUE));
    for (String key : List.of("suffix", "word_delimiter_token")) {
      JsonChecks.value(part, key).ifPresent(token -> checks.nonEmpty(token, name + "." + key));
    }
  }

  private void checkPattern(String name, JsonElement pattern, JsonObject part) {
    JsonObject described = checks.object(pattern, name + ".pattern");
    boolean replaces = part.has("content");
    int shortest = 1;
    Optional<JsonElement> literal = JsonChecks.value(described, "String");
    if (literal.isPresent() && replaces) {
      shortest = checks.nonEmpty(literal.get(), name + ".pattern.String").length();
    }
    Optional<JsonElement> expression = JsonChecks.value(described, "Regex");
    if (expression.isPresent()) {
      checkRegex(name, checks.string(expression.get(), name + ".pattern.Regex"), replaces);
    }
    Optional<JsonElement> content = JsonChecks.value(part, "content");
    if (content.isPresent()) {
      int length = checks.string(content.get(), name + ".content").length();
      growth *= Math.max(1, (double) length / shortest);
    }
  }

  private void checkRegex(String name, String regex, boolean replaces) {
    BacktrackingRule.Bounds bounds =
        BacktrackingRule.of(regex)
            .orElseThrow(
                () ->
                    checks.error(
                        "%s.pattern.Regex must be an expression whose steps can be counted, but has"
                            + " a construct that is not understood: %s; write it without"
                            + " backreferences, calls and conditions",
                        name, JsonChecks.shown(regex)));
    if (bounds.longestText() == 0) {
      throw checks.error(
          "%s.pattern.Regex must not take too many steps, but may on short texts too: %s; make"
              + " repetitions possessive, as in a++, or take repetitions out of repetitions",
          name, JsonChecks.shown(regex));
    }
    if (replaces && !bounds.consumes()) {
      throw checks.error(
          "%s.pattern.Regex must not match what is empty, but was: %s",
          name, JsonChecks.shown(regex));
    }
    if (bounds.longestText() < BacktrackingRule.MAX_TEXT) {
      longestText = Math.min(longestText, bounds.longestText() / growth / unicodeGrowth);
    }
  }

  private void checkCharsmap(String name, JsonObject part) {
    String text = checks.string(part.get("precompiled_charsmap"), name);
    try {
      byte[] charsmap = Base64.getDecoder().decode(text);
      growth *= PrecompiledCharsmap.longest(charsmap);
      // Decoders differ on what they accept.
      part.addProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(charsmap));
    } catch (IllegalArgumentException e) {
      throw new UnlearningException(
          "%s: %s must be SentencePiece's, but cannot be used".formatted(checks.where(), name), e);
    }
  }
}
