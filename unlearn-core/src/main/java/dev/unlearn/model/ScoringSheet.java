package dev.unlearn.model;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;

/** The scores of one sequence while they come in. */
final class ScoringSheet {
  private final TokenSequence sequence;
  private final int first;
  private final boolean hasMoments;
  private final float[] logProbabilities;
  private final int[] greedy;
  private final float[] means;
  private final float[] variances;

  ScoringSheet(TokenSequence sequence, ScoreDetail detail) {
    this.sequence = sequence;
    first = detail.coversPrompt() ? 1 : sequence.firstTarget();
    hasMoments = detail == ScoreDetail.MOMENTS;
    int count = sequence.length() - first;
    logProbabilities = new float[count];
    greedy = new int[count];
    means = new float[hasMoments ? count : 0];
    variances = new float[means.length];
  }

  TokenSequence sequence() {
    return sequence;
  }

  /** Returns the first position to score. */
  int first() {
    return first;
  }

  boolean hasMoments() {
    return hasMoments;
  }

  void put(int position, float logProbability, int best) {
    logProbabilities[position - first] = logProbability;
    greedy[position - first] = best;
  }

  void putMoments(int position, float mean, float variance) {
    means[position - first] = mean;
    variances[position - first] = variance;
  }

  TokenScores scores() {
    TokenScores scores = new TokenScores(sequence, logProbabilities, greedy);
    return hasMoments ? scores.withMoments(means, variances) : scores;
  }
}
