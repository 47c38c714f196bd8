package dev.unlearn.model.tokenizer;

import static java.util.Objects.requireNonNull;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import java.util.Map;
import java.util.Set;

/**
 * Turns the files of GPT-2's own tokenizer, {@code vocab.json} and {@code merges.txt}, into a
 * {@code tokenizer.json}. DJL's own way to load the two leaves out the split into words and the
 * mapping of bytes to symbols, and so gives other ids.
 */
final class ByteLevelBpe {
  static final String VOCAB = "vocab.json";
  static final String MERGES = "merges.txt";

  // Others normalize, split or default otherwise. Those of transformers 5.18 give equal ids.
  private static final Set<String> CLASSES =
      Set.of("GPT2Tokenizer", "CodeGenTokenizer", "WhisperTokenizer");

  private final Map<String, byte[]> files;

  ByteLevelBpe(Map<String, byte[]> files) {
    this.files = files;
  }

  JsonObject toTokenizerJson() {
    SpecialTokens tokens = new SpecialTokens(files);
    tokens.tokenizerClass().ifPresent(ByteLevelBpe::checkClass);
    JsonObject vocab = StrictJson.object(VOCAB, file(VOCAB));
    JsonObject model = new JsonObject();
    model.addProperty("type", "BPE");
    model.add("vocab", vocab);
    model.add("merges", merges());
    JsonObject json = new JsonObject();
    json.addProperty("version", "1.0");
    json.add("added_tokens", tokens.added());
    json.add("normalizer", JsonNull.INSTANCE);
    json.add("pre_tokenizer", byteLevel(tokens.addPrefixSpace()));
    json.add("post_processor", JsonNull.INSTANCE);
    json.add("decoder", byteLevel(false));
    json.add("model", model);
    return json;
  }

  private static void checkClass(String name) {
    String slow = name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
    if (!CLASSES.contains(slow)) {
      throw new UnlearningException(
          ("tokenizer_config.json: tokenizer_class must be GPT2Tokenizer for %s and %s, but was:"
                  + " %s; save tokenizer.json with the tokenizers library")
              .formatted(VOCAB, MERGES, JsonChecks.shown(name)));
    }
  }

  private static JsonObject byteLevel(boolean addPrefixSpace) {
    JsonObject json = new JsonObject();
    json.addProperty("type", "ByteLevel");
    json.addProperty("add_prefix_space", addPrefixSpace);
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

  private byte[] file(String name) {
    return requireNonNull(files.get(name), name);
  }
}
