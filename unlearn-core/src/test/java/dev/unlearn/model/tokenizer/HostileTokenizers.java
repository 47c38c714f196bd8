package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tokenizer files put together at random from parts of all kinds, then damaged; a seed each. */
final class HostileTokenizers {
  private static final List<String> STRINGS =
      List.of(
          "",
          "a",
          "ab",
          "b",
          " ",
          "▁",
          "é",
          "\u0301",
          "😀",
          "\0",
          "<s>",
          "##b",
          "<0x61>",
          "?",
          "\n",
          "\ufffd",
          "ﷺ",
          "Ġ",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "2",
          "-1",
          "0.5",
          "-0",
          "1e308",
          "1e999",
          "2147483647",
          "2147483648",
          "4294967295",
          "4294967296",
          "18446744073709551615",
          "1e-400");
  private static final List<String> SCORES = List.of("0", "-1", "-2.5", "-1e308", "3");
  private static final List<String> REGEX_PARTS =
      List.of(
          "a",
          "b",
          ".",
          " ",
          "\\s",
          "\\S",
          "\\p{L}",
          "\\p{N}",
          "[ab]",
          "[^a]",
          "[\\s\\S]",
          "^",
          "$",
          "\\b",
          "(",
          "(?:",
          "(?i:",
          "(?=",
          "(?!",
          "(?<=",
          "(?<!",
          "(?>",
          ")",
          ")",
          ")",
          "|",
          "*",
          "+",
          "?",
          "+?",
          "*+",
          "?+",
          "{2}",
          "{1,3}",
          "{2,}",
          "\\1",
          "[a&&[^b]]",
          "(?!)");
  private static final List<String> SINGLE_CHARACTER = List.of("a", "▁", " ", "😀", "");
  private static final List<String> BEHAVIORS =
      List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private final Random random;

  HostileTokenizers(long seed) {
    this.random = new Random(seed);
  }

  /** Returns the files of one tokenizer by name. */
  Map<String, byte[]> files() {
    Map<String, byte[]> files = new HashMap<>();
    if (random.nextInt(4) > 0) {
      files.put("tokenizer.json", damaged(tokenizer().toString()));
      return files;
    }
    files.put("vocab.json", damaged(json(vocab()).toString()));
    files.put("merges.txt", damaged("#version: 0.2\na b\n▁ a\n"));
    if (random.nextBoolean()) {
      files.put("special_tokens_map.json", damaged(roles().toString()));
    }
    if (random.nextBoolean()) {
      files.put(
          "added_tokens.json", damaged(json("{'<s>': 40, '" + one(STRINGS) + "': 41}").toString()));
    }
    if (random.nextBoolean()) {
      JsonObject config = roles();
      config.addProperty("add_prefix_space", random.nextBoolean());
      if (random.nextBoolean()) {
        config.add("added_tokens_decoder", json("{'40': {'content': '<s>', 'special': true}}"));
      }
      files.put("tokenizer_config.json", damaged(config.toString()));
    }
    return files;
  }

  /** Returns an expression, often not a valid one. */
  String regex() {
    return many(1 + random.nextInt(9), () -> one(REGEX_PARTS)).collect(Collectors.joining());
  }

  private JsonObject tokenizer() {
    JsonObject json = new JsonObject();
    json.addProperty("version", "1.0");
    json.add("truncation", json("{'max_length': 1, 'strategy': 'LongestFirst', 'stride': 5}"));
    json.add("padding", json("{'strategy': {'Fixed': 9}, 'pad_id': 1}"));
    JsonArray added = new JsonArray();
    many(random.nextInt(4), this::addedToken).forEach(added::add);
    json.add("added_tokens", added);
    json.add("normalizer", maybe(() -> normalizer(0)));
    json.add("pre_tokenizer", maybe(() -> preTokenizer(0)));
    json.add("decoder", maybe(() -> decoder(0)));
    json.add("model", json(model()));
    return json;
  }

  private JsonElement addedToken() {
    return json(
        """
        {'id': %d, 'content': %s, 'single_word': %b, 'lstrip': %b, 'rstrip': %b,
         'normalized': %b, 'special': %b}
        """
            .formatted(
                random.nextInt(60),
                string(),
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                random.nextInt(4) == 0,
                random.nextBoolean(),
                random.nextBoolean()));
  }

  private JsonObject roles() {
    return json("{'eos_token': %s, 'pad_token': {'content': %s, 'lstrip': %b}, 'unk_token': null,"
                .formatted(string(), string(), random.nextBoolean())
            + " 'additional_special_tokens': [%s]}".formatted(string()))
        .getAsJsonObject();
  }

  private JsonElement normalizer(int depth) {
    return json(
        switch (random.nextInt(depth < 3 ? 10 : 9)) {
          case 0 ->
              "{'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true,"
                  + " 'strip_accents': null, 'lowercase': true}";
          case 1 -> "{'type': 'Strip', 'strip_left': true, 'strip_right': true}";
          case 2, 3 ->
              "{'type': 'Replace', 'pattern': %s, 'content': %s}".formatted(pattern(), string());
          case 4 -> "{'type': 'Prepend', 'prepend': %s}".formatted(string());
          case 5 -> "{'type': 'Precompiled', 'precompiled_charsmap': '%s'}".formatted(charsmap());
          case 6 -> "{'type': 'ByteLevel'}";
          case 7, 8 ->
              "{'type': '%s'}"
                  .formatted(
                      one(
                          List.of(
                              "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt", "StripAccents")));
          default ->
              "{'type': 'Sequence', 'normalizers': %s}"
                  .formatted(many(random.nextInt(5), () -> normalizer(depth + 1)).toList());
        });
  }

  private JsonElement preTokenizer(int depth) {
    return json(
        switch (random.nextInt(depth < 3 ? 10 : 9)) {
          case 0 ->
              "{'type': 'ByteLevel', 'add_prefix_space': %b, 'trim_offsets': true, 'use_regex': %b}"
                  .formatted(random.nextBoolean(), random.nextBoolean());
          case 1 ->
              "{'type': 'Metaspace', 'replacement': '%s', 'prepend_scheme': '%s', 'split': %b}"
                  .formatted(
                      one(SINGLE_CHARACTER),
                      one(List.of("always", "first", "never")),
                      random.nextBoolean());
          case 2, 3, 4 ->
              "{'type': 'Split', 'pattern': %s, 'behavior': '%s', 'invert': %b}"
                  .formatted(pattern(), one(BEHAVIORS), random.nextBoolean());
          case 5 -> "{'type': 'Punctuation', 'behavior': '%s'}".formatted(one(BEHAVIORS));
          case 6 -> "{'type': 'Digits', 'individual_digits': %b}".formatted(random.nextBoolean());
          case 7 -> "{'type': 'FixedLength', 'length': %d}".formatted(random.nextInt(4));
          case 8 ->
              "{'type': '%s'}"
                  .formatted(
                      one(
                          List.of(
                              "Whitespace",
                              "WhitespaceSplit",
                              "BertPreTokenizer",
                              "UnicodeScripts")));
          default ->
              "{'type': 'Sequence', 'pretokenizers': %s}"
                  .formatted(many(random.nextInt(5), () -> preTokenizer(depth + 1)).toList());
        });
  }

  private JsonElement decoder(int depth) {
    return json(
        switch (random.nextInt(depth < 3 ? 9 : 8)) {
          case 0 -> "{'type': 'BPEDecoder', 'suffix': %s}".formatted(string());
          case 1 -> "{'type': 'WordPiece', 'prefix': %s, 'cleanup': true}".formatted(string());
          case 2 ->
              "{'type': 'Metaspace', 'replacement': '%s', 'prepend_scheme': 'always'}"
                  .formatted(one(SINGLE_CHARACTER));
          case 3 ->
              "{'type': 'CTC', 'pad_token': %s, 'word_delimiter_token': %s, 'cleanup': true}"
                  .formatted(string(), string());
          case 4 ->
              "{'type': 'Replace', 'pattern': %s, 'content': %s}".formatted(pattern(), string());
          case 5 ->
              "{'type': 'Strip', 'content': '%s', 'start': %d, 'stop': %d}"
                  .formatted(one(SINGLE_CHARACTER), random.nextInt(3), random.nextInt(9) / 8);
          case 6, 7 ->
              "{'type': '%s'}".formatted(one(List.of("Fuse", "ByteFallback", "ByteLevel")));
          default ->
              "{'type': 'Sequence', 'decoders': %s}"
                  .formatted(many(random.nextInt(5), () -> decoder(depth + 1)).toList());
        });
  }

  private String model() {
    return switch (random.nextInt(5)) {
      case 0 ->
          "{'type': 'WordPiece', 'unk_token': '?', 'continuing_subword_prefix': %s,"
                  .formatted(string())
              + " 'max_input_chars_per_word': 100, 'vocab': %s}".formatted(vocab());
      case 1 -> "{'type': 'WordLevel', 'unk_token': '?', 'vocab': %s}".formatted(vocab());
      case 2 ->
          "{'type': 'Unigram', 'unk_id': %s, 'byte_fallback': %b, 'vocab': [%s]}"
              .formatted(
                  one(List.of("0", "0", "1", "null", "99")),
                  random.nextBoolean(),
                  many(1 + random.nextInt(9), () -> "[%s, %s]".formatted(string(), one(SCORES)))
                      .collect(Collectors.joining(", ")));
      default ->
          "{'type': 'BPE', 'dropout': null, 'unk_token': %s, 'continuing_subword_prefix': %s,"
                  .formatted(
                      one(List.of("null", "'?'", "'none'")),
                      one(List.of("null", "null", "''", "'##'")))
              + " 'end_of_word_suffix': %s, 'fuse_unk': %b, 'byte_fallback': %b,"
                  .formatted(
                      one(List.of("null", "''", "'</w>'")),
                      random.nextBoolean(),
                      random.nextBoolean())
              + " 'ignore_merges': %b, 'vocab': %s, 'merges': [%s]}"
                  .formatted(
                      random.nextBoolean(),
                      vocab(),
                      one(List.of("", "'a b'", "['a', 'b']", "'a ##b', '▁ a'")));
    };
  }

  private String vocab() {
    List<String> tokens =
        new ArrayList<>(
            List.of("?", "a", "b", "ab", "▁", "▁a", "##b", "a##b", " ", "é", "<0x61>", "Ġ"));
    tokens.subList(0, random.nextInt(8) / 7).clear();
    return IntStream.range(0, tokens.size())
        .mapToObj(id -> "'%s': %d".formatted(tokens.get(id), id))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private String pattern() {
    return random.nextBoolean()
        ? "{'String': %s}".formatted(string())
        : "{'Regex': %s}".formatted(new JsonPrimitive(regex()));
  }

  /** A trie that replaces "a", in one or two places of it damaged. */
  private String charsmap() {
    ByteBuffer bytes = ByteBuffer.allocate(1030).order(ByteOrder.LITTLE_ENDIAN).putInt(1024);
    // From unit 0 by 'a' to unit 97, which leads to its value in unit 1.
    bytes.putInt(4 + 4 * 97, 'a' | 1 << 8 | (97 ^ 1) << 10);
    bytes.putInt(4 + 4, 1 << 31);
    bytes.put(1028, (byte) 'b');
    for (int i = random.nextInt(3); i > 0; i--) {
      bytes.put(random.nextInt(1030), (byte) random.nextInt());
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private byte[] damaged(String text) {
    JsonElement json = text.startsWith("{") ? JsonParser.parseString(text) : null;
    int times = json == null ? 0 : random.nextInt(3);
    for (int i = 0; i < times; i++) {
      damage(json);
    }
    byte[] bytes = (json == null ? text : json.toString()).getBytes(UTF_8);
    if (random.nextInt(8) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(16) == 0) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    return bytes;
  }

  /** Changes or removes one value, however deep. */
  private void damage(JsonElement json) {
    JsonElement place = json;
    while (true) {
      if (place instanceof JsonObject object && !object.isEmpty()) {
        String key = one(List.copyOf(object.keySet()));
        if (goesDeeper(object.get(key))) {
          place = object.get(key);
        } else if (random.nextBoolean()) {
          object.add(key, value());
          return;
        } else {
          object.remove(key);
          return;
        }
      } else if (place instanceof JsonArray array && !array.isEmpty()) {
        int index = random.nextInt(array.size());
        if (goesDeeper(array.get(index))) {
          place = array.get(index);
        } else {
          array.set(index, value());
          return;
        }
      } else {
        return;
      }
    }
  }

  private boolean goesDeeper(JsonElement element) {
    return !element.isJsonPrimitive() && !element.isJsonNull() && random.nextInt(5) > 0;
  }

  private JsonElement value() {
    return switch (random.nextInt(7)) {
      case 0 -> new JsonPrimitive(new BigDecimal(one(NUMBERS)));
      case 1 -> new JsonPrimitive("a".repeat(5_000));
      case 2 -> JsonParser.parseString("[".repeat(100) + "]".repeat(100));
      case 3 -> json(one(List.of("null", "true", "[]", "{}", "[[]]", "{'type': 'Fuse'}")));
      case 4 -> decoder(0);
      case 5 -> normalizer(0);
      default -> new JsonPrimitive(one(STRINGS));
    };
  }

  private JsonElement maybe(Supplier<JsonElement> part) {
    return random.nextInt(3) == 0 ? json("null") : part.get();
  }

  private String string() {
    return new JsonPrimitive(one(STRINGS)).toString();
  }

  private <T> T one(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private static <T> Stream<T> many(int count, Supplier<T> part) {
    return Stream.generate(part).limit(count);
  }

  /** Reads JSON, with single quotes too. */
  private static JsonElement json(String lenient) {
    return JsonParser.parseString(lenient);
  }
}
