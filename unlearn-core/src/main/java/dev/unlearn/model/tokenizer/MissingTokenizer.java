package dev.unlearn.model.tokenizer;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;

/** Stands in where a folder has no tokenizer: the model works with ids only. */
final class MissingTokenizer implements Tokenizer {
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
