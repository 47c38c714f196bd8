package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;

/**
 * What one teacher-forced pass says about one sequence: at each position from 1 on, the
 * log-probability of the true token and the token the model would choose greedily, both given all
 * tokens before it.
 */
public final class TokenScores {
  private final TokenSequence sequence;
  private final float[] logProbabilities;
  private final int[] greedy;

  /**
   * Creates the scores of a sequence.
   *
   * @param logProbabilities of the tokens at positions 1 .. length - 1, in nats
   * @param greedy the most probable ids at positions 1 .. length - 1
   * @throws IllegalArgumentException if an array does not have {@code length - 1} elements
   */
  public TokenScores(TokenSequence sequence, float[] logProbabilities, int[] greedy) {
    int count = sequence.length() - 1;
    checkArgument(
        logProbabilities.length == count && greedy.length == count,
        "scores of a sequence of %s tokens must have %s elements, but had %s and %s",
        sequence.length(),
        count,
        logProbabilities.length,
        greedy.length);
    this.sequence = sequence;
    this.logProbabilities = logProbabilities.clone();
    this.greedy = greedy.clone();
  }

  /** Returns the sequence these scores are of. */
  public TokenSequence sequence() {
    return sequence;
  }

  /** Returns the log-probability of the token at a position in [1, length), in nats. */
  public double logProbability(int position) {
    return logProbabilities[position - 1];
  }

  /** Returns the most probable id at a position in [1, length); the lowest one at a tie. */
  public int greedy(int position) {
    return greedy[position - 1];
  }

  /** Returns whether the greedy choice at a position in [1, length) is the true token. */
  public boolean hit(int position) {
    return greedy(position) == sequence.id(position);
  }

  /** Returns the summed negative log-likelihood of all targets, in nats. */
  public double negativeLogLikelihood() {
    double sum = 0;
    for (int position = sequence.firstTarget(); position < sequence.length(); position++) {
      sum -= logProbability(position);
    }
    return sum;
  }
}
