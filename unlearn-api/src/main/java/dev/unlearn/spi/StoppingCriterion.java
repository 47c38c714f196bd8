package dev.unlearn.spi;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.OptionalInt;

/**
 * Decides after each epoch whether the run goes on.
 *
 * <p>Called once per epoch, from the run's thread, and once before the first update of every lot.
 * It must be pure: the same progress gives the same decision, so that a run can be replayed. A
 * lambda is a criterion; the other methods describe it better.
 */
@FunctionalInterface
public interface StoppingCriterion {

  /**
   * Decides from what is known and what it measures. A run fails where this returns null or names a
   * sequence that the lot does not have.
   */
  Decision evaluate(EpochProgress progress);

  /** Returns the metrics whose values before the first update belong in the report. */
  default List<Metric> metrics() {
    return List.of();
  }

  /** Returns the other data it measures: a resumed run must have the same. */
  default List<Corpus> corpora() {
    return List.of();
  }

  /**
   * Refuses what this criterion cannot judge, other data it measures included, before a run begins.
   * By default the set is refused where one of its {@link #metrics()} does.
   *
   * @throws IllegalArgumentException naming the rule and the value
   */
  default void check(CausalLm model, ForgetSet set) {
    metrics().forEach(metric -> metric.check(set.sequences()));
  }

  /**
   * Returns the number of epochs a lot takes at most under this criterion, where known: from then
   * on it never says to go on.
   */
  default OptionalInt epochLimit() {
    return OptionalInt.empty();
  }

  /** Returns what this criterion is, for logs and the report. */
  default String description() {
    return "custom stopping criterion";
  }

  /**
   * Returns a criterion that asks this one, then, if it says to go on, the other. If both do, a
   * sequence that either names counts as forgotten on its own.
   */
  default StoppingCriterion or(StoppingCriterion other) {
    return new FirstDecision(this, other);
  }

  /**
   * Returns a criterion that asks this one, then, if it says forgotten, the other: forgotten only
   * if both say so. Otherwise it decides as the first of them that says something else, which also
   * names the sequences that count as forgotten on their own.
   */
  default StoppingCriterion and(StoppingCriterion other) {
    return new BothForgotten(this, other);
  }

  /**
   * Returns a criterion that does not ask this one before the lot has had a number of epochs.
   *
   * @throws IllegalArgumentException if {@code minEpochs < 0}
   */
  default StoppingCriterion notBefore(int minEpochs) {
    return new NotBefore(this, minEpochs);
  }
}
