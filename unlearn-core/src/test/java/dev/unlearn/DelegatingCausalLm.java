package dev.unlearn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Map;

/** A model that counts the sequences it is to score and the prompts it must continue. */
public class DelegatingCausalLm implements TrainableCausalLm {
  private final TrainableCausalLm model;
  int scored;
  int continued;

  /** Delegates to a model. */
  public DelegatingCausalLm(TrainableCausalLm model) {
    this.model = model;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    scored += sequences.size();
    return model.score(sequences, detail);
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    continued += prompts.size();
    return model.generate(prompts, decoding, listener);
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    continued += GreedyRollouts.of(sequences, prefixLengths, scores, order).rollouts().size();
    return model.continueGreedily(sequences, prefixLengths, scores, order, listener);
  }

  @Override
  public Pass pass(TokenBatch batch) {
    return model.pass(batch);
  }

  @Override
  public Pass passWithoutGradients(TokenBatch batch) {
    return model.passWithoutGradients(batch);
  }

  @Override
  public Map<String, NDArray> parameters() {
    return model.parameters();
  }

  @Override
  public NDManager manager() {
    return model.manager();
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

  @Override
  public void close() {
    model.close();
  }
}
