package dev.unlearn.spi.contract;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;

/** A tokenizer whose ids are the codes of characters; an empty text is refused. */
public final class FakeTokenizer implements Tokenizer {
  @Override
  public TokenSequence encode(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("text must not be empty");
    }
    return TokenSequence.of(text.chars().toArray());
  }

  @Override
  public String decode(int... ids) {
    return new String(ids, 0, ids.length);
  }
}
