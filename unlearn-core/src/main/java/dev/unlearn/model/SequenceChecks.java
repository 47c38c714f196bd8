package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import java.util.List;

/** Refuses sequences a model cannot take, before anything is computed. */
final class SequenceChecks {
  private final int vocabularySize;
  private final int contextLength;

  SequenceChecks(int vocabularySize, int contextLength) {
    this.vocabularySize = vocabularySize;
    this.contextLength = contextLength;
  }

  /** Checks ids and lengths. */
  void check(List<TokenSequence> sequences) {
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      checkArgument(
          sequence.length() <= contextLength,
          "sequence %s has %s tokens; the model's context length allows at most %s",
          index,
          sequence.length(),
          contextLength);
      for (int position = 0; position < sequence.length(); position++) {
        checkArgument(
            sequence.id(position) < vocabularySize,
            "sequence %s holds id %s at position %s; ids must be in the vocabulary [0, %s)",
            index,
            sequence.id(position),
            position,
            vocabularySize);
      }
    }
  }

  /** Checks what prompts will grow to. */
  void check(List<TokenSequence> prompts, Decoding decoding) {
    check(prompts);
    for (int index = 0; index < prompts.size(); index++) {
      int length = prompts.get(index).length();
      long grown = (long) length + decoding.newTokensAfter(length);
      checkArgument(
          grown <= contextLength,
          "prompt %s of %s tokens would grow to %s; the model's context length allows at most %s",
          index,
          length,
          grown,
          contextLength);
    }
  }
}
