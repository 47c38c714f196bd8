package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import java.util.List;

/**
 * Refuses sequences a model cannot take, before anything is computed. Messages have no id: it may
 * belong to what is to be forgotten.
 *
 * @hidden not API
 */
public final class SequenceChecks {
  private SequenceChecks() {}

  /**
   * Checks ids and lengths.
   *
   * @param what the sequences are, for the message
   * @throws IllegalArgumentException if one is beyond the model's context length, or has an id
   *     outside its vocabulary
   */
  public static void check(String what, List<TokenSequence> sequences, CausalLm model) {
    check(what, sequences, model.vocabularySize(), model.contextLength());
  }

  /**
   * Checks sequences to be scored, which may have one token more: the model predicts the last one
   * and does not see it.
   *
   * @throws IllegalArgumentException as {@link #check(String, List, CausalLm)} does
   */
  public static void checkToScore(List<TokenSequence> sequences, CausalLm model) {
    check("sequence", sequences, model.vocabularySize(), model.contextLength() + 1L);
  }

  private static void check(
      String what, List<TokenSequence> sequences, int vocabularySize, long maxLength) {
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      checkArgument(
          sequence.length() <= maxLength,
          "%s %s has %s tokens; the model's context length allows at most %s",
          what,
          index,
          sequence.length(),
          maxLength);
      for (int position = 0; position < sequence.length(); position++) {
        checkArgument(
            sequence.id(position) < vocabularySize,
            "%s %s must hold ids of the vocabulary, [0, %s), but holds another at position %s",
            what,
            index,
            vocabularySize,
            position);
      }
    }
  }

  /** Checks what prompts will grow to. */
  static void check(
      List<TokenSequence> prompts, Decoding decoding, int vocabularySize, int contextLength) {
    check("sequence", prompts, vocabularySize, contextLength);
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
