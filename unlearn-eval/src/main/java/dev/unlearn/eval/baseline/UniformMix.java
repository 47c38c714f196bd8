package dev.unlearn.eval.baseline;

import dev.unlearn.spi.LogitsTransform;

/** Puts {@code ln(lambda * q + (1 - lambda) / V)} in the place of scores whose softmax is q. */
final class UniformMix implements LogitsTransform {
  private final double lambda;

  UniformMix(double lambda) {
    this.lambda = lambda;
  }

  @Override
  public void apply(int[] tokens, float[] logits) {
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - highest);
    }
    double uniform = (1 - lambda) / logits.length;
    for (int id = 0; id < logits.length; id++) {
      logits[id] = (float) Math.log(lambda * Math.exp(logits[id] - highest) / sum + uniform);
    }
  }
}
