package dev.unlearn.model.tokenizer;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.common.primitives.Ints;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Utf8;
import dev.unlearn.spi.Tokenizer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The tokenizer of a HuggingFace folder: {@code tokenizer.json}, or GPT-2's {@code vocab.json} and
 * {@code merges.txt}.
 *
 * <p>Texts become exactly the ids of their own tokens: no special tokens around them, no padding
 * and no truncation, whatever the files say. A special token written out in a text becomes its id.
 * Decoding keeps special tokens and does not tidy spaces; ids that no token has leave no trace.
 *
 * <p>Loading uses no network: a CPU build of DJL's native tokenizers serves on a GPU machine too,
 * and DJL's usage tracking is off meanwhile. The environment variables {@code RUST_FLAVOR} and
 * {@code OPT_OUT_TRACKING} have the last word.
 *
 * <p>Instances are thread-safe.
 */
public final class HfTokenizer implements Tokenizer, AutoCloseable {
  private static final String TOKENIZER = "tokenizer.json";

  private final HuggingFaceTokenizer delegate;
  private final UnknownFinder unknowns;
  private final int vocabularySize;
  // Closing frees native memory that another thread may be reading.
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private HfTokenizer(HuggingFaceTokenizer delegate, JsonObject json) {
    this.delegate = delegate;
    this.unknowns =
        new UnknownFinder(
            json,
            text ->
                whileOpen(tokenizer -> tokenizer.decode(encode(tokenizer, text).getIds(), false)));
    this.vocabularySize = vocabularySize(json);
  }

  /** Returns whether files of these names make a tokenizer. */
  static boolean isPresent(Map<String, byte[]> files) {
    return files.containsKey(TOKENIZER)
        || (files.containsKey(ByteLevelBpe.VOCAB) && files.containsKey(ByteLevelBpe.MERGES));
  }

  /**
   * Makes a tokenizer of files given by name; files it does not need are ignored.
   *
   * @throws IllegalArgumentException if there is neither {@code tokenizer.json} nor both {@code
   *     vocab.json} and {@code merges.txt}
   * @throws dev.unlearn.api.UnlearningException if they cannot be used
   */
  public static HfTokenizer of(Map<String, byte[]> files) {
    checkArgument(
        isPresent(files),
        "a tokenizer needs tokenizer.json, or vocab.json and merges.txt, but there are: %s",
        files.keySet());
    byte[] given = files.get(TOKENIZER);
    String where = given == null ? ByteLevelBpe.VOCAB + " and " + ByteLevelBpe.MERGES : TOKENIZER;
    String json =
        given == null
            ? new ByteLevelBpe(files).toTokenizerJson().toString()
            : Utf8.decode(where, given);
    // The native side checks the whole of it, so what follows may rely on its form.
    HuggingFaceTokenizer delegate = NativeTokenizers.load(where, json.getBytes(UTF_8));
    return new HfTokenizer(delegate, JsonParser.parseString(json).getAsJsonObject());
  }

  /**
   * {@inheritDoc}
   *
   * <p>Positions in messages count {@code char}s from 0, as {@link String#charAt} does.
   *
   * @throws IllegalArgumentException also if the text has half a surrogate pair, gives no token at
   *     all, or the tokenizer refuses it
   * @throws IllegalStateException if this tokenizer is closed
   */
  @Override
  public TokenSequence encode(String text) {
    checkArgument(!text.isEmpty(), "text must not be empty");
    checkSurrogates(text);
    Encoding encoding = whileOpen(tokenizer -> encode(tokenizer, text));
    unknowns
        .find(text, encoding)
        .ifPresent(
            position -> {
              throw new IllegalArgumentException(
                  "the tokenizer has no token for what stands at character " + position);
            });
    int[] ids = Arrays.stream(encoding.getIds()).mapToInt(Ints::checkedCast).toArray();
    checkArgument(ids.length > 0, "text must give at least one token, but gives none");
    return TokenSequence.of(ids);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if this tokenizer is closed
   */
  @Override
  public String decode(int... ids) {
    long[] longs = IntStream.of(ids).asLongStream().toArray();
    return whileOpen(tokenizer -> tokenizer.decode(longs, false));
  }

  /** Returns the highest id plus 1, added tokens included. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /** Frees the native tokenizer, once calls under way have ended; closing twice is harmless. */
  @Override
  public void close() {
    Lock write = lock.writeLock();
    write.lock();
    try {
      closed = true;
      delegate.close();
    } finally {
      write.unlock();
    }
  }

  private static Encoding encode(HuggingFaceTokenizer tokenizer, String text) {
    try {
      return tokenizer.encode(text, false, false);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("the tokenizer cannot encode this text", e);
    }
  }

  private <T> T whileOpen(Function<HuggingFaceTokenizer, T> action) {
    Lock read = lock.readLock();
    read.lock();
    try {
      checkState(!closed, "the tokenizer is closed");
      return action.apply(delegate);
    } finally {
      read.unlock();
    }
  }

  /** The native side would silently replace what is no Unicode. */
  private static void checkSurrogates(String text) {
    int position = 0;
    while (position < text.length()) {
      int codePoint = text.codePointAt(position);
      checkArgument(
          codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE,
          "text must be Unicode, but has half a surrogate pair at character %s",
          position);
      position += Character.charCount(codePoint);
    }
  }

  private static int vocabularySize(JsonObject json) {
    JsonElement vocab = json.getAsJsonObject("model").get("vocab");
    int size =
        vocab instanceof JsonArray pieces
            ? pieces.size()
            : vocab.getAsJsonObject().asMap().values().stream()
                .mapToInt(id -> id.getAsInt() + 1)
                .max()
                .orElse(0);
    if (json.get("added_tokens") instanceof JsonArray added) {
      for (JsonElement token : added) {
        size = Math.max(size, token.getAsJsonObject().get("id").getAsInt() + 1);
      }
    }
    return size;
  }
}
