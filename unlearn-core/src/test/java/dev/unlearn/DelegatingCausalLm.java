package dev.unlearn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Map;

/** A model that counts what it is asked to score and to continue, in sequences. */
class DelegatingCausalLm implements TrainableCausalLm {
  private final TrainableCausalLm model;
  int scored;
  int continued;

  DelegatingCausalLm(TrainableCausalLm model) {
    this.model = model;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    scored += sequences.size();
    return model.score(sequences);
  }

  @Override
  public List<int[]> generate(List<TokenSequence> prompts, Decoding decoding) {
    continued += prompts.size();
    return model.generate(prompts, decoding);
  }

  @Override
  public Pass pass(TokenBatch batch) {
    return model.pass(batch);
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
