package dev.unlearn.model.generation;

import java.util.Arrays;

/**
 * The tokens that may be drawn, by ascending id. Keeps its arrays, 16 bytes for each id of the
 * vocabulary, from one {@link #load} to the next.
 */
final class Candidates {
  private final Threshold threshold = new Threshold();
  private int[] ids = {};
  private float[] scores = {};
  private double[] weights = {};
  private int size;

  /** Takes all tokens whose logit is above {@link Float#NEGATIVE_INFINITY}. */
  void load(float[] logits) {
    if (ids.length < logits.length) {
      ids = new int[logits.length];
      scores = new float[logits.length];
      weights = new double[logits.length];
    }
    size = 0;
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] > Float.NEGATIVE_INFINITY) {
        ids[size] = id;
        scores[size] = logits[id] + 0f; // -0 becomes 0: they tie
        size++;
      }
    }
  }

  /** Keeps the tokens of the {@code count} highest scores and those that tie with the last. */
  void keepBest(int count) {
    if (count < size) {
      Arrays.fill(weights, 0, size, 1);
      threshold.find(scores, weights, size, count);
      cut(Double.POSITIVE_INFINITY);
    }
  }

  /** Sets the weights: e to the power of score / temperature, as parts of the highest. */
  void weigh(double temperature) {
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      highest = Math.max(highest, scores[i]);
    }
    for (int i = 0; i < size; i++) {
      weights[i] = Math.exp(((double) scores[i] - highest) / temperature);
    }
  }

  /**
   * Keeps the fewest of the best tokens whose weights are together at least a part of all, at least
   * one; the lowest ids among those that tie.
   *
   * @param part in (0, 1)
   */
  void keepNucleus(double part) {
    double wanted = part * total();
    threshold.find(scores, weights, size, wanted);
    cut(wanted);
  }

  /** Drops scores under the threshold, and at the threshold those after the sum is reached. */
  private void cut(double wanted) {
    double sum = threshold.above();
    int kept = 0;
    for (int i = 0; i < size; i++) {
      boolean ties = scores[i] == threshold.score();
      if (scores[i] > threshold.score() || (ties && sum < wanted)) {
        sum += ties ? weights[i] : 0;
        ids[kept] = ids[i];
        scores[kept] = scores[i];
        weights[kept] = weights[i];
        kept++;
      }
    }
    size = kept;
  }

  /**
   * Returns the token at which the weights, summed up in order, pass a part of their total.
   *
   * @param uniform the part, in [0, 1)
   */
  int draw(double uniform) {
    double wanted = uniform * total();
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += weights[i];
      if (sum > wanted) {
        return ids[i];
      }
    }
    throw new AssertionError("weights must have a sum > 0");
  }

  /** Returns the probability of each id of a vocabulary. */
  double[] probabilities(int vocabularySize) {
    double total = total();
    double[] probabilities = new double[vocabularySize];
    for (int i = 0; i < size; i++) {
      probabilities[ids[i]] = weights[i] / total;
    }
    return probabilities;
  }

  private double total() {
    double total = 0;
    for (int i = 0; i < size; i++) {
      total += weights[i];
    }
    return total;
  }
}
