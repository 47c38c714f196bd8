package dev.unlearn.eval.baseline;

import dev.unlearn.spi.LogitsTransform;

/** Moves scores towards their mean. */
final class LogitMix implements LogitsTransform {
  private final double lambda;

  LogitMix(double lambda) {
    this.lambda = lambda;
  }

  /** Ids that are forbidden have no part in the mean and stay forbidden. */
  @Override
  public void apply(int[] tokens, float[] logits) {
    double sum = 0;
    int count = 0;
    for (float logit : logits) {
      if (logit != Float.NEGATIVE_INFINITY) {
        sum += logit;
        count++;
      }
    }
    double mean = sum / count;
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        logits[id] = (float) (lambda * logits[id] + (1 - lambda) * mean);
      }
    }
  }
}
