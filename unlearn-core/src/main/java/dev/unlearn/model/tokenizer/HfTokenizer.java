package dev.unlearn.model.tokenizer;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.common.base.Strings;
import com.google.common.primitives.Ints;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokenizer of a HuggingFace folder: {@code tokenizer.json}, or GPT-2's {@code vocab.json} and
 * {@code merges.txt}.
 *
 * <p>Texts become exactly the ids of their own tokens: no special tokens around them, no padding
 * and no truncation, whatever the files say. They are the ids that HuggingFace's own libraries give
 * with {@code add_special_tokens=False}. A special token written out in a text becomes its id.
 * Decoding keeps special tokens and does not tidy spaces; ids that no token has leave no trace.
 *
 * <p>Files are not trusted: those that would make the native side end the process, or never end,
 * are refused. Of those are regular expressions that go back too often; the bound holds for texts
 * up to a length, from thousands to millions of characters, and longer ones are refused.
 *
 * <p>Loading uses no network: a CPU build of DJL's native tokenizers serves on a GPU machine too,
 * and DJL's usage tracking is off meanwhile. The environment variables {@code RUST_FLAVOR} and
 * {@code OPT_OUT_TRACKING} have the last word.
 *
 * <p>Instances are thread-safe.
 */
public final class HfTokenizer implements Tokenizer, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(HfTokenizer.class);
  private static final String TOKENIZER = "tokenizer.json";
  private static final List<String> FILES =
      List.of(
          TOKENIZER,
          ByteLevelBpe.VOCAB,
          ByteLevelBpe.MERGES,
          SpecialTokens.CONFIG,
          SpecialTokens.SPECIAL_TOKENS,
          SpecialTokens.ADDED_TOKENS);
  private static final int MAX_NAMED = 10;

  private final HuggingFaceTokenizer delegate;
  private final UnknownFinder unknowns;
  private final int vocabularySize;
  private final int longestText;
  private final int mostIds;
  // Closing frees native memory that another thread may be reading.
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private HfTokenizer(HuggingFaceTokenizer delegate, JsonObject json, PartRules.Longest longest) {
    this.delegate = delegate;
    this.longestText = longest.text();
    this.unknowns =
        new UnknownFinder(
            json,
            text ->
                whileOpen(tokenizer -> tokenizer.decode(encode(tokenizer, text).getIds(), false)));
    Collection<Token> tokens = tokens(json);
    this.vocabularySize = tokens.stream().mapToInt(Token::id).max().orElse(-1) + 1;
    int longestToken = tokens.stream().mapToInt(token -> token.content().length()).max().orElse(0);
    this.mostIds = longest.decoded() / Math.max(1, longestToken);
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
   * @throws dev.unlearn.api.UnlearningException if they cannot be used; the message names the file
   */
  static HfTokenizer of(Map<String, byte[]> files) {
    checkArgument(
        isPresent(files),
        "a tokenizer needs tokenizer.json, or vocab.json and merges.txt, but there are: %s",
        files.keySet());
    byte[] given = files.get(TOKENIZER);
    String where = given == null ? ByteLevelBpe.VOCAB + " and " + ByteLevelBpe.MERGES : TOKENIZER;
    JsonObject json =
        given == null ? new ByteLevelBpe(files).toTokenizerJson() : StrictJson.object(where, given);
    PartRules.Longest longest = TokenizerRules.apply(where, json);
    new AddedTokenRules(new JsonChecks(where)).checkNormalized(json);
    // The native side checks all else of it, so what follows may rely on its form.
    return new HfTokenizer(NativeTokenizers.load(where, json), json, longest);
  }

  /**
   * Loads a {@code tokenizer.json}, or the tokenizer of a folder: its {@code tokenizer.json}, or
   * GPT-2's {@code vocab.json} and {@code merges.txt} with the files beside them. Models need this
   * only where they come without their folder, as TorchScript does.
   *
   * @throws IllegalArgumentException if there is no such file or folder, or the folder has no
   *     tokenizer
   * @throws dev.unlearn.api.UnlearningException if the files cannot be read or used; the message
   *     names the file
   */
  public static HfTokenizer load(Path folderOrFile) {
    checkArgument(Files.exists(folderOrFile), "there must be a file or folder at %s", folderOrFile);
    boolean isFolder = Files.isDirectory(folderOrFile);
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : isFolder ? FILES : List.of(TOKENIZER)) {
      Path file = isFolder ? folderOrFile.resolve(name) : folderOrFile;
      if (Files.exists(file)) {
        files.put(name, read(file));
      }
    }
    checkArgument(
        isPresent(files),
        "the folder must hold tokenizer.json, or vocab.json and merges.txt, but does not: %s",
        folderOrFile);
    return of(files);
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Positions in messages count {@code char}s from 0, as {@link String#charAt} does.
   *
   * @throws IllegalArgumentException also if the text is too long, has half a surrogate pair, gives
   *     no token at all, or the tokenizer refuses it
   * @throws IllegalStateException if this tokenizer is closed
   */
  @Override
  public TokenSequence encode(String text) {
    checkArgument(!text.isEmpty(), "text must not be empty");
    checkArgument(
        text.length() <= longestText,
        "text must have at most %s characters, but has: %s",
        longestText,
        text.length());
    checkUnicode(text);
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
   * <p>A text that is not exactly what its ids decode to, but for one space put before it, is still
   * encoded. A warning in the log then names its index and the place of the first difference,
   * because what a model forgets or is measured on is not that text. Tokenizers that lowercase or
   * drop spaces do this.
   *
   * @throws IllegalArgumentException as {@link #encode(String)} does, naming the index
   * @throws IllegalStateException if this tokenizer is closed
   */
  @Override
  public List<TokenSequence> sequences(List<String> texts) {
    List<TokenSequence> sequences = Tokenizer.super.sequences(texts);
    List<String> altered = new ArrayList<>();
    for (int index = 0; index < texts.size(); index++) {
      String text = texts.get(index);
      String decoded = decode(sequences.get(index).ids());
      if (!decoded.equals(text) && !decoded.equals(" " + text)) {
        altered.add(
            "%d from character %d".formatted(index, Strings.commonPrefix(text, decoded).length()));
      }
    }
    if (!altered.isEmpty()) {
      logger.warn(
          "{} of {} texts are not what their tokens decode to: text {}{}",
          altered.size(),
          texts.size(),
          String.join(", text ", altered.subList(0, Math.min(altered.size(), MAX_NAMED))),
          altered.size() > MAX_NAMED ? ", and others" : "");
    }
    return sequences;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the tokenizer's decoder is not safe with so many ids
   * @throws IllegalStateException if this tokenizer is closed
   */
  @Override
  public String decode(int... ids) {
    checkArgument(
        ids.length <= mostIds, "ids must be at most %s, but are: %s", mostIds, ids.length);
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

  /** The native side would silently replace what is none. */
  private static void checkUnicode(String text) {
    OptionalInt half = StrictJson.halfSurrogate(text);
    if (half.isPresent()) {
      throw new IllegalArgumentException(
          "text must be Unicode, but has half a surrogate pair at character " + half.getAsInt());
    }
  }

  private record Token(int id, String content) {}

  private static Collection<Token> tokens(JsonObject json) {
    List<Token> tokens = new ArrayList<>();
    JsonElement vocab = json.getAsJsonObject("model").get("vocab");
    if (vocab instanceof JsonArray pieces) {
      for (JsonElement piece : pieces) {
        tokens.add(new Token(tokens.size(), piece.getAsJsonArray().get(0).getAsString()));
      }
    } else {
      vocab
          .getAsJsonObject()
          .asMap()
          .forEach((content, id) -> tokens.add(new Token(id.getAsInt(), content)));
    }
    if (json.get("added_tokens") instanceof JsonArray added) {
      for (JsonElement element : added) {
        JsonObject token = element.getAsJsonObject();
        String content = token.get("content").getAsString();
        if (!content.isEmpty()) {
          tokens.add(new Token(token.get("id").getAsInt(), content));
        }
      }
    }
    return tokens;
  }
}
