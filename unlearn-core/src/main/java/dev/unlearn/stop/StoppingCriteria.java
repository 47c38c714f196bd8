package dev.unlearn.stop;

import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.StoppingCriterion;

/** The stopping criteria that come with the library. */
public final class StoppingCriteria {
  private StoppingCriteria() {}

  /**
   * Forgotten when the lot's mean memorization accuracy and mean extraction likelihood are both
   * strictly below their thresholds (Jang et al., arXiv 2210.01504); where a threshold is 0, 0 is
   * enough. Extraction likelihood, the costly one, is asked for only once memorization accuracy has
   * passed.
   *
   * <p>The decision names the sequences that are still at or above a threshold on their own.
   *
   * @throws IllegalArgumentException when a run begins with sequences of another length than the
   *     thresholds were measured on
   */
  public static StoppingCriterion forgotten(ForgettingThresholds thresholds) {
    return new BelowThresholds(thresholds);
  }

  /**
   * Gives up once a lot has had a number of epochs; put it last: {@code
   * forgotten(thresholds).or(maxEpochs(20))}.
   *
   * @throws IllegalArgumentException if {@code epochs < 1}
   */
  public static StoppingCriterion maxEpochs(int epochs) {
    return new MaxEpochs(epochs);
  }
}
