package dev.unlearn.model.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.UnlearningException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The special and added tokens of GPT-2's tokenizer, as transformers reads them: from {@code
 * tokenizer_config.json}, and, unless that lists the added tokens, from {@code
 * special_tokens_map.json} and {@code added_tokens.json}.
 */
final class SpecialTokens {
  static final String CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS = "special_tokens_map.json";
  static final String ADDED_TOKENS = "added_tokens.json";

  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final List<String> DEFAULTED = List.of("bos_token", "eos_token", "unk_token");
  private static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");
  private static final List<String> LISTS =
      List.of("additional_special_tokens", "extra_special_tokens");

  private final Map<String, byte[]> files;
  private final JsonObject config;

  SpecialTokens(Map<String, byte[]> files) {
    this.files = files;
    this.config = object(CONFIG);
  }

  /** Returns the name of the class the files are for, if any is given. */
  Optional<String> tokenizerClass() {
    return JsonChecks.value(config, "tokenizer_class")
        .map(name -> new JsonChecks(CONFIG).string(name, "tokenizer_class"));
  }

  /** Returns whether a space is put before a text that does not begin with one. */
  boolean addPrefixSpace() {
    return config.get("add_prefix_space") instanceof JsonPrimitive value && value.getAsBoolean();
  }

  /**
   * Returns them in the form of a {@code tokenizer.json}: first those with an id, by it, then those
   * of a role, then others. They get their ids by that order.
   */
  JsonArray added() {
    JsonObject named = new JsonObject();
    DEFAULTED.forEach(role -> named.addProperty(role, END_OF_TEXT));
    config.asMap().forEach(named::add);
    JsonElement byId = config.get("added_tokens_decoder");
    if (byId == null) {
      object(SPECIAL_TOKENS).asMap().forEach(named::add);
    }
    Map<String, JsonObject> special = special(named);
    Map<String, JsonObject> tokens = new LinkedHashMap<>();
    Collection<JsonObject> numbered =
        byId instanceof JsonObject listed ? listed(listed) : addedLater(special.keySet());
    numbered.forEach(token -> tokens.putIfAbsent(content(token), token));
    special.forEach(tokens::putIfAbsent);
    JsonArray added = new JsonArray();
    tokens.values().forEach(added::add);
    return added;
  }

  private static Map<String, JsonObject> special(JsonObject named) {
    List<JsonElement> values = new ArrayList<>();
    ROLES.stream().filter(named::has).map(named::get).forEach(values::add);
    for (String list : LISTS) {
      if (named.get(list) instanceof JsonArray more) {
        more.forEach(values::add);
      }
    }
    Map<String, JsonObject> special = new LinkedHashMap<>();
    for (JsonElement value : values) {
      JsonObject token = new JsonObject();
      if (value instanceof JsonObject described) {
        token = described;
      } else if (value instanceof JsonPrimitive) {
        token.add("content", value);
      }
      if (!content(token).isEmpty()) {
        special.putIfAbsent(content(token), token(token, true));
      }
    }
    return special;
  }

  private static Collection<JsonObject> listed(JsonObject tokens) {
    SortedMap<Integer, JsonObject> byId = new TreeMap<>();
    tokens
        .asMap()
        .forEach(
            (id, token) -> {
              if (token instanceof JsonObject described && !content(described).isEmpty()) {
                boolean special =
                    described.get("special") instanceof JsonPrimitive value && value.getAsBoolean();
                byId.put(id(CONFIG, id), token(described, special));
              }
            });
    return byId.values();
  }

  private Collection<JsonObject> addedLater(Set<String> special) {
    SortedMap<Integer, JsonObject> byId = new TreeMap<>();
    object(ADDED_TOKENS)
        .asMap()
        .forEach(
            (content, id) -> {
              JsonObject token = new JsonObject();
              token.addProperty("content", content);
              byId.put(id(ADDED_TOKENS, id.toString()), token(token, special.contains(content)));
            });
    return byId.values();
  }

  private static JsonObject token(JsonObject described, boolean special) {
    JsonObject token = new JsonObject();
    token.addProperty("id", 0);
    token.addProperty("single_word", false);
    token.addProperty("lstrip", false);
    token.addProperty("rstrip", false);
    token.addProperty("normalized", !special);
    described.asMap().forEach(token::add);
    token.addProperty("special", special);
    return token;
  }

  private static String content(JsonObject token) {
    return token.get("content") instanceof JsonPrimitive content ? content.getAsString() : "";
  }

  private static int id(String where, String id) {
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw new UnlearningException(
          "%s must give every token a 32-bit id, but gives: %s"
              .formatted(where, JsonChecks.shown(id)),
          e);
    }
  }

  private JsonObject object(String name) {
    byte[] file = files.get(name);
    return file == null ? new JsonObject() : StrictJson.object(name, file);
  }
}
