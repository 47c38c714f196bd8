package dev.unlearn.model.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.UnlearningException;

/**
 * Added tokens of which the normalizer leaves nothing. The native side would find them everywhere,
 * between the bytes of a character too, and end the process there.
 */
final class EmptyTokens {
  private static final String ONE_TOKEN_FOR_ALL =
      """
      {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}}
      """;

  private EmptyTokens() {}

  /** Refuses a tokenizer that has one; {@code where} names its source in errors. */
  static void refuse(String where, JsonObject json) {
    if (!(json.get("normalizer") instanceof JsonObject normalizer
        && json.get("added_tokens") instanceof JsonArray added)) {
      return;
    }
    JsonObject probe = JsonParser.parseString(ONE_TOKEN_FOR_ALL).getAsJsonObject();
    probe.add("normalizer", normalizer);
    try (HuggingFaceTokenizer tokenizer = NativeTokenizers.load(where, probe)) {
      for (int index = 0; index < added.size(); index++) {
        JsonElement token = added.get(index);
        String content = token.getAsJsonObject().get("content").getAsString();
        if (tokenizer.encode(content, false, false).getIds().length == 0) {
          throw new UnlearningException(
              "%s: the normalizer must leave something of added_tokens[%d], but leaves nothing"
                  .formatted(where, index));
        }
      }
    }
  }
}
