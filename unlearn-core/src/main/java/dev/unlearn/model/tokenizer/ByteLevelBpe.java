package dev.unlearn.model.tokenizer;

import static java.util.Objects.requireNonNull;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns the files of GPT-2's own tokenizer, {@code vocab.json} and {@code merges.txt}, into a
 * {@code tokenizer.json}. DJL's own way to load the two leaves out the split into words and the
 * mapping of bytes to symbols, and so gives other ids.
 */
final class ByteLevelBpe {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";

  private static final String SPECIAL_TOKENS = "special_tokens_map.json";
  private static final String ADDED_TOKENS = "added_tokens.json";
  private static final List<String> ROLES =
      List.of("bos_token", "eos_token", "unk_token", "pad_token");
  private static final String END_OF_TEXT = "<|endoftext|>";

  private final Map<String, byte[]> files;

  ByteLevelBpe(Map<String, byte[]> files) {
    this.files = files;
  }

  JsonObject toTokenizerJson() {
    JsonObject vocab = object(VOCAB);
    JsonObject model = new JsonObject();
    model.addProperty("type", "BPE");
    model.add("vocab", vocab);
    model.add("merges", merges());
    JsonObject json = new JsonObject();
    json.addProperty("version", "1.0");
    json.add("added_tokens", addedTokens(vocab));
    json.add("normalizer", JsonNull.INSTANCE);
    json.add("pre_tokenizer", byteLevel());
    json.add("post_processor", JsonNull.INSTANCE);
    json.add("decoder", byteLevel());
    json.add("model", model);
    return json;
  }

  private static JsonObject byteLevel() {
    JsonObject json = new JsonObject();
    json.addProperty("type", "ByteLevel");
    json.addProperty("add_prefix_space", false);
    json.addProperty("trim_offsets", false);
    json.addProperty("use_regex", true);
    return json;
  }

  private JsonArray merges() {
    JsonArray merges = new JsonArray();
    int line = 0;
    for (String merge : Utf8.decode(MERGES, file(MERGES)).split("\r?\n", -1)) {
      line++;
      if (merge.isEmpty() || merge.startsWith("#version")) {
        continue;
      }
      if (merge.split(" ", -1).length != 2) {
        throw new UnlearningException(
            "%s: line %d must hold two symbols with a space between".formatted(MERGES, line));
      }
      merges.add(merge);
    }
    return merges;
  }

  /** In the order of their ids, because the native side numbers new tokens as it meets them. */
  private JsonArray addedTokens(JsonObject vocab) {
    Set<String> special = specialTokens();
    SortedMap<Integer, String> byId = new TreeMap<>();
    special.stream()
        .filter(vocab::has)
        .forEach(token -> byId.put(id(VOCAB, vocab.get(token)), token));
    if (files.containsKey(ADDED_TOKENS)) {
      object(ADDED_TOKENS)
          .entrySet()
          .forEach(entry -> byId.put(id(ADDED_TOKENS, entry.getValue()), entry.getKey()));
    }
    JsonArray tokens = new JsonArray();
    byId.forEach((id, content) -> tokens.add(addedToken(id, content, special.contains(content))));
    return tokens;
  }

  private static JsonObject addedToken(int id, String content, boolean special) {
    JsonObject token = new JsonObject();
    token.addProperty("id", id);
    token.addProperty("content", content);
    token.addProperty("single_word", false);
    token.addProperty("lstrip", false);
    token.addProperty("rstrip", false);
    token.addProperty("normalized", false);
    token.addProperty("special", special);
    return token;
  }

  /** Those the folder names, else GPT-2's only one. */
  private Set<String> specialTokens() {
    if (!files.containsKey(SPECIAL_TOKENS)) {
      return Set.of(END_OF_TEXT);
    }
    JsonObject map = object(SPECIAL_TOKENS);
    Set<String> tokens = new LinkedHashSet<>();
    for (String role : ROLES) {
      JsonElement token = map.get(role);
      if (token instanceof JsonObject described) {
        token = described.get("content");
      }
      if (token instanceof JsonPrimitive content) {
        tokens.add(content.getAsString());
      }
    }
    return tokens;
  }

  private static int id(String where, JsonElement value) {
    try {
      return value.getAsInt();
    } catch (RuntimeException e) {
      throw new UnlearningException(where + " must give every token a 32-bit id", e);
    }
  }

  private JsonObject object(String name) {
    try {
      return JsonParser.parseString(Utf8.decode(name, file(name))).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new UnlearningException(name + " must hold a JSON object, but does not", e);
    }
  }

  private byte[] file(String name) {
    return requireNonNull(files.get(name), name);
  }
}
