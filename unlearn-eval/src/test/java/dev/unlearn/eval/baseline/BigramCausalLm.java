package dev.unlearn.eval.baseline;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A model whose scores depend on the last token only, and which draws as a decoding says. */
final class BigramCausalLm implements CausalLm {
  private final float[][] logits;

  BigramCausalLm(float[][] logits) {
    this.logits = logits;
  }

  static BigramCausalLm random(int vocabularySize, double spread, long seed) {
    Random random = new Random(seed);
    float[][] logits = new float[vocabularySize][vocabularySize];
    for (float[] row : logits) {
      for (int id = 0; id < vocabularySize; id++) {
        row[id] = (float) (spread * random.nextGaussian());
      }
    }
    return new BigramCausalLm(logits);
  }

  /** The probabilities after a token, by the definition. */
  double[] probabilities(int last) {
    double[] weights = new double[logits.length];
    for (int id = 0; id < weights.length; id++) {
      weights[id] = Math.exp(logits[last][id]);
    }
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(weight -> weight / sum).toArray();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    List<TokenScores> scores = new ArrayList<>();
    for (TokenSequence sequence : sequences) {
      float[] logProbabilities = new float[sequence.length() - 1];
      for (int i = 0; i < logProbabilities.length; i++) {
        double[] probabilities = probabilities(sequence.id(i));
        logProbabilities[i] = (float) Math.log(probabilities[sequence.id(i + 1)]);
      }
      scores.add(new TokenScores(sequence, logProbabilities, new int[logProbabilities.length]));
    }
    return scores;
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    List<int[]> continuations = new ArrayList<>();
    for (int index = 0; index < prompts.size(); index++) {
      TokenSequence prompt = prompts.get(index);
      Random random = new Random(31 * decoding.seed() + index);
      int[] tokens = new int[decoding.newTokensAfter(prompt.length())];
      int last = prompt.id(prompt.length() - 1);
      for (int i = 0; i < tokens.length; i++) {
        last = draw(logits[last].clone(), decoding, random);
        tokens[i] = last;
      }
      continuations.add(tokens);
    }
    return continuations;
  }

  private static int draw(float[] scores, Decoding decoding, Random random) {
    decoding.logitsTransform().orElseThrow().apply(new int[0], scores);
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    int kept = decoding.topK() == 0 ? scores.length : Math.min(scores.length, decoding.topK());
    float lowest = sorted[scores.length - kept];
    double sum = 0;
    for (float score : scores) {
      sum += score >= lowest ? Math.exp(score / decoding.temperature()) : 0;
    }
    double left = random.nextDouble() * sum;
    for (int id = 0; id < scores.length; id++) {
      left -= scores[id] >= lowest ? Math.exp(scores[id] / decoding.temperature()) : 0;
      if (left < 0) {
        return id;
      }
    }
    return scores.length - 1;
  }

  @Override
  public int vocabularySize() {
    return logits.length;
  }

  @Override
  public int contextLength() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Tokenizer tokenizer() {
    throw new AssertionError("not to be asked for");
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("bigram", 0, 0, "none", "none");
  }
}
