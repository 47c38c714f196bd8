package dev.unlearn.model.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What the added tokens must keep to, and the ids they get. */
final class AddedTokenRules {
  // Loading takes time by the square of both, which are far above real ones.
  private static final int MAX_TOKENS = 20_000;
  private static final int MAX_LENGTH = 500;

  private static final Pattern BEGINS_WITH_SPACE =
      Pattern.compile("\\s", Pattern.UNICODE_CHARACTER_CLASS);

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
    for (int index = 0; index < added.size(); index++) {
      String name = "added_tokens[" + index + "]";
      JsonObject token = checks.object(added.get(index), name);
      checks.integer(token.get("id"), name + ".id", 0, TokenizerRules.MAX_ID);
      String content = checks.nonEmpty(token.get("content"), name + ".content");
      if (content.length() > MAX_LENGTH) {
        throw checks.error(
            "%s.content must have at most %d characters, but has: %d",
            name, MAX_LENGTH, content.length());
      }
      Integer known = ids.putIfAbsent(content, next);
      int id = known == null ? next : known;
      token.addProperty("id", id);
      next = Math.max(next, id + 1);
    }
  }

  /** Spaces that one token takes must not be where another begins and takes what is before it. */
  void checkStripping(JsonArray added, boolean normalizes) {
    boolean takesAfter = false;
    boolean takesBefore = false;
    for (JsonElement element : added) {
      JsonObject token = element.getAsJsonObject();
      takesAfter |= isTrue(token, "rstrip");
      takesBefore |=
          isTrue(token, "lstrip")
              && (BEGINS_WITH_SPACE.matcher(token.get("content").getAsString()).lookingAt()
                  || (normalizes && isTrue(token, "normalized")));
    }
    if (takesAfter && takesBefore) {
      throw checks.error(
          "added_tokens must not have rstrip for one and lstrip for one that begins with a space");
    }
  }

  private static boolean isTrue(JsonObject json, String key) {
    return json.get(key) instanceof JsonPrimitive value && value.getAsBoolean();
  }
}
