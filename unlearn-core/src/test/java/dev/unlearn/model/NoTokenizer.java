package dev.unlearn.model;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;

/** For models that are given ids only. */
public class NoTokenizer implements Tokenizer {
  @Override
  public TokenSequence encode(String text) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String decode(int... ids) {
    throw new UnsupportedOperationException();
  }
}
