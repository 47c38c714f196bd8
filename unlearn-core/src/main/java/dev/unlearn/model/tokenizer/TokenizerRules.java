package dev.unlearn.model.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@code tokenizer.json} must keep to, because the native side takes it for granted: where
 * it is broken, that side ends the process, or does not end. All else is left to it to check.
 */
final class TokenizerRules {
  // All far above real ones.
  static final int MAX_ID = 1 << 30;
  private static final int MAX_PIECE_LENGTH = 1_000;
  private static final int MAX_WORD_LENGTH = 10_000;
  private static final int MAX_AFFIX_LENGTH = 16;

  private final JsonChecks checks;

  private TokenizerRules(JsonChecks checks) {
    this.checks = checks;
  }

  /**
   * Checks a tokenizer and leaves out of it what does not count here: padding, truncation, what is
   * put around a text, and the chance of merges being left out. Added tokens get the ids that the
   * native side gives them.
   *
   * @return what texts the tokenizer is safe with
   * @throws UnlearningException if a rule is broken
   */
  static PartRules.Longest apply(String where, JsonObject json) {
    return new TokenizerRules(new JsonChecks(where)).apply(json);
  }

  private PartRules.Longest apply(JsonObject json) {
    for (String key : List.of("truncation", "padding", "post_processor")) {
      json.add(key, JsonNull.INSTANCE);
    }
    JsonObject model = checks.object(json.get("model"), "model");
    Map<String, Integer> vocabulary = vocabulary(model);
    checkModel(model);
    if (json.get("added_tokens") instanceof JsonArray added) {
      new AddedTokenRules(checks).number(added, vocabulary, size(model.get("vocab")));
    }
    return PartRules.apply(checks, json);
  }

  private Map<String, Integer> vocabulary(JsonObject model) {
    Map<String, Integer> ids = new HashMap<>();
    if (model.get("vocab") instanceof JsonArray pieces) {
      for (int id = 0; id < pieces.size(); id++) {
        ids.put(piece(pieces.get(id)), id);
      }
    } else {
      checks
          .object(model.get("vocab"), "model.vocab")
          .asMap()
          .forEach(
              (token, id) ->
                  ids.put(token, checks.integer(id, "each id of model.vocab", 0, MAX_ID)));
    }
    return ids;
  }

  /** A piece that stands twice counts twice. */
  private static int size(JsonElement vocab) {
    return vocab instanceof JsonArray pieces ? pieces.size() : vocab.getAsJsonObject().size();
  }

  /** The native side goes down a piece of Unigram byte by byte on the stack. */
  private String piece(JsonElement piece) {
    if (!(piece instanceof JsonArray pair && pair.size() == 2)) {
      throw checks.error("each piece of model.vocab must be a string and a score");
    }
    String content = checks.string(pair.get(0), "each piece of model.vocab");
    if (content.length() > MAX_PIECE_LENGTH) {
      throw checks.error(
          "each piece of model.vocab must have at most %d characters, but one has: %d",
          MAX_PIECE_LENGTH, content.length());
    }
    return content;
  }

  private void checkModel(JsonObject model) {
    model.remove("dropout");
    for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      JsonChecks.value(model, key)
          .ifPresent(affix -> checkAffix(checks.string(affix, "model." + key), key));
    }
    JsonChecks.value(model, "max_input_chars_per_word")
        .ifPresent(
            max -> checks.integer(max, "model.max_input_chars_per_word", 0, MAX_WORD_LENGTH));
    Optional<JsonElement> prefix = JsonChecks.value(model, "continuing_subword_prefix");
    if (prefix.isPresent() && model.get("merges") instanceof JsonArray merges) {
      String start = checks.string(prefix.get(), "model.continuing_subword_prefix");
      for (JsonElement merge : merges) {
        if (!second(merge).startsWith(start)) {
          throw checks.error(
              "the second symbol of each merge must begin with"
                  + " model.continuing_subword_prefix, but one does not");
        }
      }
    }
  }

  /** Each character of a word gets one before it is looked up: memory, and time, by its length. */
  private void checkAffix(String affix, String key) {
    if (affix.length() > MAX_AFFIX_LENGTH) {
      throw checks.error(
          "model.%s must have at most %d characters, but has: %d",
          key, MAX_AFFIX_LENGTH, affix.length());
    }
  }

  private String second(JsonElement merge) {
    if (merge instanceof JsonArray pair && pair.size() == 2) {
      return checks.string(pair.get(1), "each symbol of model.merges");
    }
    String pair = checks.string(merge, "each merge");
    return pair.substring(pair.indexOf(' ') + 1);
  }
}
