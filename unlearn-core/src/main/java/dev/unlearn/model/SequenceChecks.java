package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
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
      checkLength(index, sequence.length());
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

  /** Checks a length, or what it will grow to. */
  void checkLength(int index, int length) {
    checkArgument(
        length <= contextLength,
        "sequence %s has or would get %s tokens; a length must be <= the model's context length"
            + " (%s)",
        index,
        length,
        contextLength);
  }
}
