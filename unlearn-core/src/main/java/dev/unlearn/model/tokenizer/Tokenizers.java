package dev.unlearn.model.tokenizer;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.util.Map;

/**
 * Makes the tokenizer that belongs to a model's files.
 *
 * @hidden not API
 */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Returns the tokenizer of files given by name; where they make none, one that refuses to be
   * used, so that the model works with ids.
   *
   * @throws dev.unlearn.api.UnlearningException if the files cannot be used
   */
  public static Tokenizer of(Map<String, byte[]> files) {
    return HfTokenizer.isPresent(files) ? HfTokenizer.of(files) : new Missing();
  }

  private static final class Missing implements Tokenizer {
    @Override
    public TokenSequence encode(String text) {
      throw missing();
    }

    @Override
    public String decode(int... ids) {
      throw missing();
    }

    private static IllegalStateException missing() {
      return new IllegalStateException(
          "the model's folder has no tokenizer (tokenizer.json, or vocab.json and merges.txt);"
              + " give token ids instead of text");
    }
  }
}
