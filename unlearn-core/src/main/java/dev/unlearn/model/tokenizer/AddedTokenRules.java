package dev.unlearn.model.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the added tokens must keep to, and the ids they get. */
final class AddedTokenRules {
  // Loading compares each with each: 65,536, which a real one has, take most of a minute.
  private static final int MAX_TOKENS = 100_000;
  private static final int MAX_LENGTH = 1_000;
  private static final int MAX_TOTAL_LENGTH = 4_000_000;

  private static final Pattern BEGINS_WITH_SPACE =
      Pattern.compile("\\s", Pattern.UNICODE_CHARACTER_CLASS);

  // All of a text is one token; with the splitter, none if it begins with a space.
  private static final String ONE_TOKEN =
      """
      {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}}
      """;
  private static final String NONE_FROM_A_SPACE =
      """
      {"type": "Split", "pattern": {"Regex": "\\\\A\\\\s[\\\\s\\\\S]*"}, "behavior": "Removed",
       "invert": false}
      """;

  private final JsonChecks checks;

  AddedTokenRules(JsonChecks checks) {
    this.checks = checks;
  }

  /** A token of the vocabulary keeps its id; others are numbered on from there. */
  void number(JsonArray added, Map<String, Integer> vocabulary, int vocabularySize) {
    if (added.size() > MAX_TOKENS) {
      throw checks.error(
          "added_tokens must have at most %d entries, but has: %d", MAX_TOKENS, added.size());
    }
    Map<String, Integer> ids = new HashMap<>(vocabulary);
    int next = vocabularySize;
    int length = 0;
    for (int index = 0; index < added.size(); index++) {
      String name = "added_tokens[" + index + "]";
      JsonObject token = checks.object(added.get(index), name);
      checks.integer(token.get("id"), name + ".id", 0, TokenizerRules.MAX_ID);
      String content = checks.string(token.get("content"), name + ".content");
      if (content.isEmpty()) {
        continue; // The native side passes over it.
      }
      if (content.length() > MAX_LENGTH) {
        throw checks.error(
            "%s.content must have at most %d characters, but has: %d",
            name, MAX_LENGTH, content.length());
      }
      length += content.length();
      if (length > MAX_TOTAL_LENGTH) {
        throw checks.error(
            "added_tokens must have at most %d characters in all, but have more", MAX_TOTAL_LENGTH);
      }
      Integer known = ids.putIfAbsent(content, next);
      int id = known == null ? next : known;
      token.addProperty("id", id);
      next = Math.max(next, id + 1);
    }
  }

  /**
   * Checks what the normalizer, which keeps its own rules, makes of the tokens it applies to.
   *
   * <p>Of which it leaves nothing, the native side would find everywhere, between the bytes of a
   * character too, and end the process there. It does so as well where spaces that one token takes
   * are those another begins with, if that takes what is before it.
   */
  void checkNormalized(JsonObject json) {
    if (!(json.get("added_tokens") instanceof JsonArray added) || added.isEmpty()) {
      return;
    }
    JsonObject normalizer = json.get("normalizer") instanceof JsonObject object ? object : null;
    int takesAfter = -1;
    int takesBefore = -1;
    try (HuggingFaceTokenizer whole = probe(normalizer, false);
        HuggingFaceTokenizer spaced = probe(normalizer, true)) {
      for (int index = 0; index < added.size(); index++) {
        JsonObject token = added.get(index).getAsJsonObject();
        String content = token.get("content").getAsString();
        boolean normalized = normalizer != null && isTrue(token, "normalized");
        if (normalized && !content.isEmpty() && isNothing(whole, content)) {
          throw checks.error(
              "the normalizer must leave something of added_tokens[%d], but leaves nothing", index);
        }
        takesAfter = isTrue(token, "rstrip") ? index : takesAfter;
        if (isTrue(token, "lstrip")
            && (normalized
                ? isNothing(spaced, content)
                : BEGINS_WITH_SPACE.matcher(content).lookingAt())) {
          takesBefore = index;
        }
      }
    }
    if (takesAfter >= 0 && takesBefore >= 0) {
      throw checks.error(
          "added_tokens[%d] must not have lstrip and begin with a space, because added_tokens[%d]"
              + " has rstrip",
          takesBefore, takesAfter);
    }
  }

  private HuggingFaceTokenizer probe(@Nullable JsonObject normalizer, boolean splits) {
    JsonObject probe = JsonParser.parseString(ONE_TOKEN).getAsJsonObject();
    probe.add("normalizer", normalizer);
    if (splits) {
      probe.add("pre_tokenizer", JsonParser.parseString(NONE_FROM_A_SPACE));
    }
    return NativeTokenizers.load(checks.where(), probe);
  }

  private static boolean isNothing(HuggingFaceTokenizer probe, String content) {
    return probe.encode(content, false, false).getIds().length == 0;
  }

  private static boolean isTrue(JsonObject json, String key) {
    return json.get(key) instanceof JsonPrimitive value && value.getAsBoolean();
  }
}
