package dev.unlearn.spi;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * A causal language model as metrics see it: it scores, it continues, it says what it is. Nothing
 * here trains it.
 *
 * <p>Results come in the order of the arguments. Every method throws {@link
 * IllegalArgumentException} for an id outside the vocabulary or a sequence beyond the context
 * length, naming the index of the sequence. Methods may be called from any thread, from one at a
 * time.
 */
public interface CausalLm {

  /** Scores every token of every sequence in teacher-forced passes. */
  List<TokenScores> score(List<TokenSequence> sequences);

  /**
   * Continues every prompt and returns the new tokens only. Prompts may differ in length.
   *
   * @throws IllegalArgumentException also if prompt and continuation exceed the context length
   */
  List<int[]> generate(List<TokenSequence> prompts, Decoding decoding);

  /**
   * Returns the greedy continuations of prefixes of each sequence, to the sequence's own length.
   *
   * @param prefixLengths for each sequence, prefix lengths in [1, length); may be none
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths) {
    return continueGreedily(sequences, prefixLengths, score(sequences));
  }

  /**
   * Returns the same, for a caller that has the scores already.
   *
   * <p>This default decodes only where it must: when the greedy choice after a prefix is the true
   * next token, the continuation is that token followed by the continuation of the next longer
   * prefix.
   *
   * @param scores what {@link #score} returns for the sequences
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths, List<TokenScores> scores) {
    return new ChainedContinuations(this, scores).continueGreedily(sequences, prefixLengths);
  }

  /** Returns the number of token ids the model knows; ids are in [0, vocabularySize). */
  int vocabularySize();

  /** Returns the largest number of tokens the model can see at once. */
  int contextLength();

  /** Returns the tokenizer that belongs to the model. */
  Tokenizer tokenizer();

  /** Returns what this model is. */
  ModelInfo info();
}
