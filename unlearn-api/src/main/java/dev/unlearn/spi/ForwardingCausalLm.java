package dev.unlearn.spi;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * A model that asks another one. Override what differs: {@link #score(List, ScoreDetail)} answers
 * for all scoring, {@link #generate(List, Decoding, DecodingListener)} for all generation, and the
 * two ways to continue greedily that take a listener for the others.
 */
public abstract class ForwardingCausalLm implements CausalLm {
  private final CausalLm model;

  /** Creates one that asks the given model. */
  protected ForwardingCausalLm(CausalLm model) {
    this.model = requireNonNull(model, "model");
  }

  /** Returns the model that is asked. */
  protected final CausalLm model() {
    return model;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    return model.score(sequences, detail);
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    return model.generate(prompts, decoding, listener);
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    return model.continueGreedily(sequences, prefixLengths, order, listener);
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    return model.continueGreedily(sequences, prefixLengths, scores, order, listener);
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int contextLength() {
    return model.contextLength();
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public ModelInfo info() {
    return model.info();
  }
}
