package dev.unlearn.eval.membership;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** A model that is a function from prefixes to logits. It gives targets only. */
final class LogitsModel implements CausalLm {
  private final Function<List<Integer>, double[]> logits;
  private final int contextLength;
  int passes;
  boolean givesMoments = true;

  LogitsModel(Function<List<Integer>, double[]> logits) {
    this(logits, Integer.MAX_VALUE);
  }

  LogitsModel(Function<List<Integer>, double[]> logits, int contextLength) {
    this.logits = logits;
    this.contextLength = contextLength;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    if (detail == ScoreDetail.MOMENTS && !givesMoments) {
      throw new UnsupportedOperationException("no moments");
    }
    passes++;
    return sequences.stream().map(sequence -> score(sequence, detail)).toList();
  }

  private TokenScores score(TokenSequence sequence, ScoreDetail detail) {
    int count = sequence.targetCount();
    float[] logProbabilities = new float[count];
    float[] means = new float[count];
    float[] variances = new float[count];
    for (int i = 0; i < count; i++) {
      int position = sequence.firstTarget() + i;
      double[] all = logProbabilities(Ints.asList(sequence.ids(0, position)));
      logProbabilities[i] = (float) all[sequence.id(position)];
      double mean = Arrays.stream(all).map(l -> Math.exp(l) * l).sum();
      means[i] = (float) mean;
      variances[i] =
          (float) Arrays.stream(all).map(l -> Math.exp(l) * (l - mean) * (l - mean)).sum();
    }
    TokenScores scores = new TokenScores(sequence, logProbabilities, new int[count]);
    return detail == ScoreDetail.MOMENTS ? scores.withMoments(means, variances) : scores;
  }

  private double[] logProbabilities(List<Integer> prefix) {
    double[] values = logits.apply(prefix);
    double logSum = Math.log(Arrays.stream(values).map(Math::exp).sum());
    return Arrays.stream(values).map(value -> value - logSum).toArray();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    throw new UnsupportedOperationException("targets are enough");
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    throw new UnsupportedOperationException("nothing is generated");
  }

  @Override
  public int vocabularySize() {
    return 52;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  /** Letters are tokens: a is 0, A is 26. */
  @Override
  public Tokenizer tokenizer() {
    return new Tokenizer() {
      @Override
      public TokenSequence encode(String text) {
        return TokenSequence.of(text.chars().map(c -> c >= 'a' ? c - 'a' : c - 'A' + 26).toArray());
      }

      @Override
      public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(ids).forEach(id -> text.append((char) (id < 26 ? 'a' + id : 'A' + id - 26)));
        return text.toString();
      }
    };
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("table", 0, 0, "none", "none");
  }
}
