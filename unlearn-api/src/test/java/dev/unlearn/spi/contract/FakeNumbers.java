package dev.unlearn.spi.contract;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

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

  /**
   * Returns numbers in (-2, 2) for the first positions of a sequence, {@code width} for each. Those
   * of a position are well apart, so that a step does not change which is the largest.
   */
  static double[] values(String kind, TokenSequence sequence, int positions, int width) {
    Random random = random(kind, sequence);
    List<Integer> order = new ArrayList<>(IntStream.range(0, width).boxed().toList());
    double[] values = new double[positions * width];
    for (int i = 0; i < values.length; i++) {
      if (i % width == 0) {
        Collections.shuffle(order, random);
      }
      double inside = random.nextDouble(0.25, 0.75);
      values[i] = 4 * (order.get(i % width) + inside) / width - 2;
    }
    return values;
  }

  /** Returns the direction for as many numbers, each in [-1, 1). */
  double[] direction(String kind, TokenSequence sequence, int positions, int width) {
    return random(kind + ", direction " + direction, sequence)
        .doubles((long) positions * width, -1, 1)
        .toArray();
  }

  private static Random random(String kind, TokenSequence sequence) {
    return new Random(31L * kind.hashCode() + sequence.hashCode());
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
