package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.eval.stat.Estimate;
import java.util.List;
import java.util.OptionalDouble;

/**
 * One metric of one task.
 *
 * @param metric which
 * @param estimate the value over all scored items, with its interval
 * @param chance what one gets who does not know the task: the better of guessing and, if all items
 *     have the same answers, of always giving the most frequent one; empty if there is no such
 *     value
 * @param items one value per item, NaN where it was not scored; of an exponential metric, before
 *     the exponential is taken
 * @param weights by which those are averaged
 */
public record TaskValue(
    TaskMetric metric,
    Estimate estimate,
    OptionalDouble chance,
    List<Double> items,
    List<Double> weights) {

  /** Checks that there is a weight for each item, and copies. */
  public TaskValue {
    checkArgument(
        items.size() == weights.size(),
        "there must be a weight for each of %s items, but were: %s",
        items.size(),
        weights.size());
    items = List.copyOf(items);
    weights = List.copyOf(weights);
  }

  /**
   * Returns whether the whole interval is above chance. A value that is not says nothing about the
   * model, however high it is, and should not be quoted. True where there is no chance level.
   */
  public boolean aboveChance() {
    return chance.isEmpty()
        || estimate.interval().filter(i -> i.low() > chance.getAsDouble()).isPresent();
  }
}
