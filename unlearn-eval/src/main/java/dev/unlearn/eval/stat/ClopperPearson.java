package dev.unlearn.eval.stat;

import dev.unlearn.api.Interval;

/** The exact confidence interval of a probability from a number of successes. */
final class ClopperPearson {
  private static final int BISECTIONS = 60;

  private ClopperPearson() {}

  static Interval interval(int successes, int draws, double confidence) {
    double tail = (1 - confidence) / 2;
    double low = successes == 0 ? 0 : low(successes, draws, tail);
    double high = successes == draws ? 1 : 1 - low(draws - successes, draws, tail);
    return new Interval(low, high, confidence);
  }

  /** Returns the probability at which this many successes or more have the probability tail. */
  private static double low(int successes, int draws, double tail) {
    double below = 0;
    double above = (double) successes / draws;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (below + above) / 2;
      if (atLeast(successes, draws, middle) <= tail) {
        below = middle;
      } else {
        above = middle;
      }
    }
    return below;
  }

  /** Returns the probability of at least this many successes, terms in logarithms. */
  static double atLeast(int successes, int draws, double probability) {
    double choose = 0;
    for (int k = 0; k < successes; k++) {
      choose += Math.log((double) (draws - k) / (k + 1));
    }
    double sum = 0;
    for (int k = successes; k <= draws; k++) {
      sum += Math.exp(choose + k * Math.log(probability) + (draws - k) * Math.log1p(-probability));
      choose += Math.log((double) (draws - k) / (k + 1));
    }
    return sum;
  }
}
