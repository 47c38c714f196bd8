package dev.unlearn.eval.task;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * A model whose scores are {@code ((7 * sum of ids + 3 * length + 11 * v) mod 29) / 6}, of the
 * ASCII characters as ids 0 .. 94, a new line as 95, "e " as one token, 96, and a start token, 97.
 */
final class FormulaLm implements CausalLm {
  static final int START = 97;

  private static final int SIZE = 98;
  private static final int MERGED = 96;

  private final int contextLength;
  private int scored;

  FormulaLm(int contextLength) {
    this.contextLength = contextLength;
  }

  /** Returns how many sequences it has scored. */
  int scored() {
    return scored;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    throw new UnsupportedOperationException("tasks score targets only");
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    scored += sequences.size();
    return sequences.stream().map(this::score).toList();
  }

  private TokenScores score(TokenSequence sequence) {
    if (sequence.length() - 1 > contextLength) { // it does not see the last
      throw new AssertionError("a sequence is too long");
    }
    float[] logProbabilities = new float[sequence.targetCount()];
    int[] greedy = new int[sequence.targetCount()];
    for (int i = 0; i < greedy.length; i++) {
      int position = sequence.firstTarget() + i;
      double[] scores = scores(sequence.ids(0, position));
      double sum = 0;
      for (int v = 0; v < SIZE; v++) {
        sum += Math.exp(scores[v]);
      }
      logProbabilities[i] = (float) (scores[sequence.id(position)] - Math.log(sum));
      greedy[i] = best(scores);
    }
    return new TokenScores(sequence, logProbabilities, greedy);
  }

  private static double[] scores(int... prefix) {
    long sum = 0;
    for (int id : prefix) {
      sum += id;
    }
    double[] scores = new double[SIZE];
    for (int v = 0; v < SIZE; v++) {
      scores[v] = ((7 * sum + 3L * prefix.length + 11L * v) % 29) / 6.0;
    }
    return scores;
  }

  private static int best(double... scores) {
    int best = 0;
    for (int v = 1; v < scores.length; v++) {
      best = scores[v] > scores[best] ? v : best;
    }
    return best;
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    List<int[]> replies = new ArrayList<>();
    for (TokenSequence prompt : prompts) {
      if (prompt.length() + decoding.newTokens() > contextLength) {
        throw new AssertionError("a prompt is too long");
      }
      // It repeats what it was asked.
      int from = Math.max(0, prompt.length() - decoding.newTokens());
      replies.add(prompt.ids(from, prompt.length()));
    }
    return replies;
  }

  @Override
  public int vocabularySize() {
    return SIZE;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public Tokenizer tokenizer() {
    return new Tokenizer() {
      @Override
      public TokenSequence encode(String text) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
          char letter = text.charAt(i);
          if (text.startsWith("e ", i)) {
            ids.add(MERGED);
            i++;
          } else if (letter == '\n') {
            ids.add(95);
          } else if (letter >= ' ' && letter < 127) {
            ids.add(letter - ' ');
          } else {
            throw new IllegalArgumentException("no token for character " + i);
          }
        }
        return TokenSequence.of(ids.stream().mapToInt(id -> id).toArray());
      }

      @Override
      public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          text.append(id == MERGED ? "e " : id == 95 ? "\n" : Character.toString(id + ' '));
        }
        return text.toString();
      }
    };
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("formula", 0, 0, "none", "none");
  }
}
