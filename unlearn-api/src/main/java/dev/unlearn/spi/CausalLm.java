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
 * time; a model of this library lets several threads take turns.
 */
public interface CausalLm {

  /**
   * Scores every token of every sequence in teacher-forced passes. The last token of a sequence is
   * predicted and not seen, so a sequence may have one token more than the context.
   */
  List<TokenScores> score(List<TokenSequence> sequences);

  /**
   * Scores in more or less detail. Sequences that begin with the same prompt, as the choices of a
   * question do, are best given together and one after the other: a model may then read the prompt
   * once.
   *
   * @throws UnsupportedOperationException if moments are asked for and the model has none
   */
  default List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    if (detail == ScoreDetail.MOMENTS) {
      throw new UnsupportedOperationException(
          "this model does not give the moments of its log-probabilities");
    }
    return score(sequences);
  }

  /**
   * Continues every prompt and returns the new tokens only. Prompts may differ in length.
   *
   * @throws IllegalArgumentException also if prompt and continuation exceed the context length
   */
  default List<int[]> generate(List<TokenSequence> prompts, Decoding decoding) {
    return generate(prompts, decoding, DecodingListener.NONE);
  }

  /**
   * Continues every prompt as {@link #generate(List, Decoding)} does, and tells a listener each
   * token as it is chosen.
   *
   * @throws IllegalArgumentException also if prompt and continuation exceed the context length
   * @throws java.util.concurrent.CancellationException if the listener cancels
   */
  List<int[]> generate(List<TokenSequence> prompts, Decoding decoding, DecodingListener listener);

  /**
   * Returns the greedy continuations of prefixes of each sequence, to the sequence's own length.
   *
   * @param prefixLengths for each sequence, prefix lengths in [1, length); may be none
   * @throws IllegalArgumentException also if there are not as many as sequences, or one is outside
   *     its range
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths) {
    return continueGreedily(sequences, prefixLengths, 1);
  }

  /**
   * Returns the same for a caller that looks for n-grams of the true text only: a continuation may
   * end before the sequence does, once none that is still to come can occur in the sequence.
   *
   * @param order n, the length of the shortest n-grams that are looked for; 1 for whole
   *     continuations
   * @throws IllegalArgumentException also if {@code order < 1}
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths, int order) {
    return continueGreedily(sequences, prefixLengths, order, DecodingListener.NONE);
  }

  /**
   * Returns the same for a caller that wants to hear of progress. A model may read the sequences
   * once, for the greedy choice at each position and to go on from; {@link
   * GreedyContinuations#scores} has the choices.
   *
   * @param order see {@link #continueGreedily(List, List, int)}
   * @param listener is told of progress, not of tokens
   * @throws IllegalArgumentException as {@link #continueGreedily(List, List, int)}
   * @throws java.util.concurrent.CancellationException if the listener cancels
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    GreedyRollouts.checkNotCancelled(listener);
    List<TokenScores> scores = score(sequences, ScoreDetail.CHOICES);
    return continueGreedily(sequences, prefixLengths, scores, order, listener);
  }

  /**
   * Returns the same, for a caller that has the scores already.
   *
   * <p>It decodes only where it must: when the greedy choice after a prefix is the true next token,
   * the continuation is that token followed by the continuation of the next longer prefix.
   *
   * @param scores what {@link #score} returns for the sequences: choices are enough
   * @param order see {@link #continueGreedily(List, List, int)}
   * @param listener is told of progress, not of tokens
   * @throws IllegalArgumentException also if there are not as many prefix lengths or scores as
   *     sequences, a prefix length is outside its range, scores are of another sequence, or {@code
   *     order < 1}
   * @throws java.util.concurrent.CancellationException if the listener cancels
   */
  default List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    GreedyRollouts rollouts = GreedyRollouts.of(sequences, prefixLengths, scores, order);
    return rollouts.join(rollouts.generatedBy(this, listener));
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
