package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.TokenSequence;
import org.jspecify.annotations.Nullable;

/**
 * What one teacher-forced pass says about one sequence: at each position from {@link
 * #firstPosition()} on, the log-probability of the true token and the token the model would choose
 * greedily, both given all tokens before it; on request also the mean and the variance of the
 * log-probabilities of all tokens there. Where only the choices were wanted, there may be no more.
 */
public final class TokenScores {
  private final TokenSequence sequence;
  private final float @Nullable [] logProbabilities;
  private final int[] greedy;
  private final float @Nullable [] means;
  private final float @Nullable [] variances;

  /**
   * Creates the scores of a sequence.
   *
   * @param logProbabilities of the tokens at positions 1 .. length - 1, or of the targets only, in
   *     nats
   * @param greedy the most probable ids at the same positions
   * @throws IllegalArgumentException if an array has neither {@code length - 1} nor {@code
   *     targetCount} elements, or they differ
   */
  public TokenScores(TokenSequence sequence, float[] logProbabilities, int[] greedy) {
    this(sequence, logProbabilities, greedy, null, null);
  }

  private TokenScores(
      TokenSequence sequence,
      float @Nullable [] logProbabilities,
      int[] greedy,
      float @Nullable [] means,
      float @Nullable [] variances) {
    int count = sequence.length() - 1;
    int probabilities = logProbabilities == null ? greedy.length : logProbabilities.length;
    checkArgument(
        probabilities == greedy.length
            && (greedy.length == count || greedy.length == sequence.targetCount()),
        "scores of a sequence of %s tokens, %s of them targets, must have %s elements or one per"
            + " target, but had %s and %s",
        sequence.length(),
        sequence.targetCount(),
        count,
        probabilities,
        greedy.length);
    this.sequence = sequence;
    this.logProbabilities = logProbabilities == null ? null : logProbabilities.clone();
    this.greedy = greedy.clone();
    this.means = means;
    this.variances = variances;
  }

  /**
   * Returns scores that have the greedy choices only, where the rest was not computed.
   *
   * @param greedy the most probable ids at positions 1 .. length - 1, or of the targets only
   * @throws IllegalArgumentException if there are neither {@code length - 1} nor {@code
   *     targetCount}
   */
  public static TokenScores ofChoices(TokenSequence sequence, int[] greedy) {
    return new TokenScores(sequence, null, greedy, null, null);
  }

  /**
   * Returns these scores with the moments of the log-probabilities of all tokens at each position:
   * {@code mean = sum over v of p(v) ln p(v)} and {@code variance = sum over v of p(v) (ln p(v))^2
   * - mean^2}.
   *
   * @param newMeans in nats, one for each position that has scores
   * @param newVariances in nats squared, likewise
   * @throws IllegalArgumentException if an array has another length
   */
  public TokenScores withMoments(float[] newMeans, float[] newVariances) {
    checkArgument(
        newMeans.length == greedy.length && newVariances.length == greedy.length,
        "moments must have %s elements, one for each position scored, but had %s and %s",
        greedy.length,
        newMeans.length,
        newVariances.length);
    return new TokenScores(
        sequence, logProbabilities, greedy, newMeans.clone(), newVariances.clone());
  }

  /** Returns the sequence these scores are of. */
  public TokenSequence sequence() {
    return sequence;
  }

  /** Returns the first position that has scores: 1, or the first target. */
  public int firstPosition() {
    return sequence.length() - greedy.length;
  }

  /**
   * Returns the log-probability of the token at a position in [{@link #firstPosition()}, length),
   * in nats.
   *
   * @throws IllegalStateException if there are only choices
   */
  public double logProbability(int position) {
    checkState(
        logProbabilities != null, "scores have no log-probabilities; ask for ScoreDetail.ALL");
    return logProbabilities[index(position)];
  }

  /** Returns whether these have all that scores of a detail have. */
  public boolean has(ScoreDetail detail) {
    return switch (detail) {
      case TARGETS -> logProbabilities != null;
      case ALL -> logProbabilities != null && firstPosition() == 1;
      case CHOICES -> firstPosition() == 1;
      case MOMENTS -> hasMoments();
    };
  }

  /**
   * Returns the most probable id at a position in [{@link #firstPosition()}, length); the lowest
   * one at a tie.
   */
  public int greedy(int position) {
    return greedy[index(position)];
  }

  /**
   * Returns whether the greedy choice at a position in [{@link #firstPosition()}, length) is the
   * true token.
   */
  public boolean hit(int position) {
    return greedy(position) == sequence.id(position);
  }

  /** Returns whether there are moments: whether they were asked for. */
  public boolean hasMoments() {
    return means != null;
  }

  /**
   * Returns the mean log-probability of all tokens at a position, weighted by their probabilities,
   * in nats.
   *
   * @throws IllegalStateException if there are no moments
   */
  public double meanLogProbability(int position) {
    return moments(means)[index(position)];
  }

  /**
   * Returns the variance of the log-probability of all tokens at a position, weighted by their
   * probabilities, in nats squared.
   *
   * @throws IllegalStateException if there are no moments
   */
  public double logProbabilityVariance(int position) {
    return moments(variances)[index(position)];
  }

  private static float[] moments(float @Nullable [] values) {
    checkState(values != null, "scores have no moments; ask for ScoreDetail.MOMENTS");
    return values;
  }

  private int index(int position) {
    int first = firstPosition();
    if (position < first || position >= sequence.length()) {
      throw new IndexOutOfBoundsException(
          "position must be in [%d, %d), but was: %d"
              .formatted(first, sequence.length(), position));
    }
    return position - first;
  }

  /**
   * Returns the summed negative log-likelihood of all targets, in nats.
   *
   * @throws IllegalStateException if there are only choices
   */
  public double negativeLogLikelihood() {
    double sum = 0;
    for (int position = sequence.firstTarget(); position < sequence.length(); position++) {
      sum -= logProbability(position);
    }
    return sum;
  }
}
