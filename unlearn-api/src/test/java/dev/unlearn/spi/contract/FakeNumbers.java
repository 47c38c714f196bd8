package dev.unlearn.spi.contract;

import dev.unlearn.api.TokenSequence;
import java.util.Random;

/**
 * Numbers of a model that is not there: random, but the same for the same sequence. The model can
 * be moved a step in a random direction.
 *
 * @param direction which direction
 * @param step how far
 */
record FakeNumbers(int direction, double step) {
  static final int VOCABULARY = 7;
  static final int WIDTH = 3;

  /** Returns numbers for the first positions of a sequence, {@code width} for each. */
  static double[] values(String kind, TokenSequence sequence, int positions, int width) {
    return new Random(31L * kind.hashCode() + sequence.hashCode())
        .doubles((long) positions * width, -2, 2)
        .toArray();
  }

  /** Returns the direction for as many numbers. */
  double[] direction(String kind, TokenSequence sequence, int positions, int width) {
    return values(kind + ", direction " + direction, sequence, positions, width);
  }

  /** Returns the log-probabilities that logits give the tokens at positions 1 .. length - 1. */
  static double[] logProbabilities(String logitsKind, TokenSequence sequence) {
    int count = sequence.length() - 1;
    double[] logits = values(logitsKind, sequence, count, VOCABULARY);
    double[] logProbabilities = new double[count];
    for (int position = Math.max(1, sequence.firstTarget()); position <= count; position++) {
      double sum = 0;
      for (int id = 0; id < VOCABULARY; id++) {
        sum += Math.exp(logits[(position - 1) * VOCABULARY + id]);
      }
      logProbabilities[position - 1] =
          logits[(position - 1) * VOCABULARY + sequence.id(position)] - Math.log(sum);
    }
    return logProbabilities;
  }

  static double logLikelihood(TokenSequence sequence) {
    return sum(logProbabilities(FakePass.LOGITS, sequence));
  }

  static double referenceLogLikelihood(TokenSequence sequence) {
    return sum(logProbabilities(FakePass.REFERENCE + FakePass.LOGITS, sequence));
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
