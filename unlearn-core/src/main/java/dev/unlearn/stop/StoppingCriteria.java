package dev.unlearn.stop;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.stop.MetricBound.Side;
import java.time.Duration;

/**
 * The stopping criteria that come with the library.
 *
 * <p>Some decide that a lot is forgotten: {@link #forgotten}, {@link #forgottenWithin}, {@link
 * #everyForgotten}, {@link #belowReference}, {@link #below} and its like. Others only give up:
 * {@link #maxEpochs}, {@link #maxTotalEpochs}, {@link #maxDuration}, {@link #patience}. Join them
 * by {@link StoppingCriterion#or}, {@link StoppingCriterion#and} and {@link
 * StoppingCriterion#notBefore}, those that give up last, so that the last epoch can still succeed:
 *
 * <pre>{@code
 * forgotten(thresholds).or(patience(MemorizationAccuracy.of(), 10, 0.01)).or(maxEpochs(100))
 * }</pre>
 */
public final class StoppingCriteria {
  private StoppingCriteria() {}

  /**
   * Forgotten when the lot's mean memorization accuracy and mean extraction likelihood are both
   * strictly below their thresholds (Jang et al., arXiv 2210.01504); where a threshold is 0, 0 is
   * enough. Extraction likelihood, the costly one, is asked for only once memorization accuracy has
   * passed.
   *
   * <p>The decision names the sequences that are still at or above a threshold on their own. The
   * decision to go on names those that are below both, if extraction likelihood was asked for; to
   * know them in every epoch, use {@link #everyForgotten}.
   *
   * @throws IllegalArgumentException when a run begins with sequences of another length than the
   *     thresholds were measured on
   */
  public static StoppingCriterion forgotten(ForgettingThresholds thresholds) {
    return new BelowThresholds(thresholds, BelowThresholds.NO_FLOOR);
  }

  /**
   * Forgotten as {@link #forgotten} has it, but no further: gives up as over-unlearned once the
   * lot's mean memorization accuracy is below a floor. A model that knows a text less than text it
   * never saw betrays that something was removed (Shi et al., MUSE, arXiv 2407.06460).
   *
   * <p>The threshold is the mean over unseen text, and the mean of a few sequences scatters around
   * it. Take a floor below the threshold by about two standard deviations of such a mean: {@code
   * thresholds.maThreshold() - 2 * deviation / sqrt(lotSize)}. If one epoch leaps over the
   * interval, take a smaller learning rate.
   *
   * @param maFloor the smallest mean memorization accuracy allowed, in [0, MA threshold); 0 for
   *     none
   * @throws IllegalArgumentException if {@code maFloor} is not in its range; when a run begins, as
   *     {@link #forgotten}
   */
  public static StoppingCriterion forgottenWithin(ForgettingThresholds thresholds, double maFloor) {
    return new BelowThresholds(thresholds, maFloor);
  }

  /**
   * Forgotten when every sequence of the lot, on its own, is strictly below both thresholds; where
   * a threshold is 0, 0 is enough. This is more than unseen text meets, of which about half is
   * above its own mean.
   *
   * <p>The decision to go on names the sequences that are below both, so that a retiring lot leaves
   * them out of its updates. For that, extraction likelihood is measured in every epoch, on those
   * sequences alone whose memorization accuracy has passed; it is in the report by the key {@code
   * "el_<n>_where_ma_below_<threshold>"}, NaN for the others, and by its own key once all have
   * passed.
   *
   * @throws IllegalArgumentException when a run begins, as {@link #forgotten}
   */
  public static StoppingCriterion everyForgotten(ForgettingThresholds thresholds) {
    return new EveryBelowThresholds(thresholds);
  }

  /**
   * Forgotten when the lot's mean memorization accuracy and mean extraction likelihood are both
   * strictly below what a reference model gives for the same texts (UL of Jang et al., arXiv
   * 2210.01504); where it gives 0, 0 is enough. Extraction likelihood is asked for only once
   * memorization accuracy has passed.
   *
   * <p>The decision names the sequences that are not below the reference's values on their own, and
   * the decision to go on those that are, as {@link #forgotten} does.
   *
   * @param levels what {@link ReferenceLevels#measure} gave for the forget set
   * @throws IllegalArgumentException when a run begins with a sequence the reference was not
   *     measured on, or one that is too short for the order
   */
  public static StoppingCriterion belowReference(ReferenceLevels levels) {
    return new BelowReference(levels);
  }

  /**
   * Forgotten when a metric's aggregate over the lot is strictly below a value; NaN is not.
   *
   * @throws IllegalArgumentException if {@code value} is NaN
   */
  public static StoppingCriterion below(Metric metric, double value) {
    return MetricBound.at(Side.BELOW, metric, null, value);
  }

  /**
   * Forgotten when a metric's aggregate over other data, for instance paraphrases of the forget
   * set, is strictly below a value; NaN is not.
   *
   * @throws IllegalArgumentException if {@code value} is NaN; when a run begins with sequences the
   *     metric refuses
   */
  public static StoppingCriterion below(Metric metric, Corpus corpus, double value) {
    return MetricBound.at(Side.BELOW, metric, requireNonNull(corpus, "corpus"), value);
  }

  /**
   * Forgotten when a metric's aggregate over the lot is strictly above a value; NaN is not.
   *
   * @throws IllegalArgumentException if {@code value} is NaN
   */
  public static StoppingCriterion above(Metric metric, double value) {
    return MetricBound.at(Side.ABOVE, metric, null, value);
  }

  /**
   * Forgotten when a metric's aggregate over other data is strictly above a value; NaN is not.
   *
   * @throws IllegalArgumentException if {@code value} is NaN; when a run begins with sequences the
   *     metric refuses
   */
  public static StoppingCriterion above(Metric metric, Corpus corpus, double value) {
    return MetricBound.at(Side.ABOVE, metric, requireNonNull(corpus, "corpus"), value);
  }

  /**
   * Forgotten when a metric's aggregate over the lot is strictly below a multiple of what the
   * original model gives for it: {@code belowBaseline(metric, 0.5)} is less than half. Where that
   * is 0, 0 is enough.
   *
   * @param factor for a metric that is never negative
   * @throws IllegalArgumentException if {@code factor} is not finite or {@code <= 0}
   */
  public static StoppingCriterion belowBaseline(Metric metric, double factor) {
    return MetricBound.atBaseline(Side.BELOW, metric, null, factor);
  }

  /**
   * Forgotten when a metric's aggregate over other data is strictly below a multiple of what the
   * original model gives for it; where that is 0, 0 is enough.
   *
   * @throws IllegalArgumentException if {@code factor} is not finite or {@code <= 0}; when a run
   *     begins with sequences the metric refuses
   */
  public static StoppingCriterion belowBaseline(Metric metric, Corpus corpus, double factor) {
    return MetricBound.atBaseline(Side.BELOW, metric, requireNonNull(corpus, "corpus"), factor);
  }

  /**
   * Forgotten when a metric's aggregate over the lot is strictly above a multiple of what the
   * original model gives for it: {@code aboveBaseline(Perplexity.of(), 2)} is more than twice.
   *
   * @param factor for a metric that is never negative
   * @throws IllegalArgumentException if {@code factor} is not finite or {@code <= 0}
   */
  public static StoppingCriterion aboveBaseline(Metric metric, double factor) {
    return MetricBound.atBaseline(Side.ABOVE, metric, null, factor);
  }

  /**
   * Forgotten when a metric's aggregate over other data is strictly above a multiple of what the
   * original model gives for it.
   *
   * @throws IllegalArgumentException if {@code factor} is not finite or {@code <= 0}; when a run
   *     begins with sequences the metric refuses
   */
  public static StoppingCriterion aboveBaseline(Metric metric, Corpus corpus, double factor) {
    return MetricBound.atBaseline(Side.ABOVE, metric, requireNonNull(corpus, "corpus"), factor);
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

  /**
   * Gives up once all lots together have had a number of epochs. A lot that comes after it still
   * succeeds if it needs no epoch.
   *
   * @throws IllegalArgumentException if {@code epochs < 1}
   */
  public static StoppingCriterion maxTotalEpochs(int epochs) {
    return new MaxTotalEpochs(epochs);
  }

  /**
   * Gives up once the epochs before the current one have taken a time, by the durations in their
   * reports. It is asked between epochs only, so a run may take up to two epochs longer, and what
   * comes before the first epoch does not count.
   *
   * @throws IllegalArgumentException if {@code duration} is not positive
   */
  public static StoppingCriterion maxDuration(Duration duration) {
    return new MaxDuration(duration);
  }

  /**
   * Gives up as stalled once a metric's aggregate over the lot has not moved for a number of
   * epochs. A move goes towards less known (down where {@link Metric#higherMeansKnown()}, else up)
   * and more than {@code minChange} beyond the value of the last move, or else of the measurement
   * before the lot's first update. So slow changes add up. A NaN is no move.
   *
   * <p>Each lot begins anew. The metric is measured whenever this is asked, and epochs in which it
   * was not measured do not count.
   *
   * @param epochs how many epochs without a move are too many
   * @param minChange in the metric's unit
   * @throws IllegalArgumentException if {@code epochs < 1}, or {@code minChange} is not finite or
   *     {@code < 0}
   */
  public static StoppingCriterion patience(Metric metric, int epochs, double minChange) {
    return new Patience(metric, epochs, minChange);
  }
}
