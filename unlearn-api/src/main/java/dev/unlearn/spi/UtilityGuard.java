package dev.unlearn.spi;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.Optional;

/**
 * Ends a run that harms what the model should keep.
 *
 * <p>Asked whenever the {@link StoppingCriterion} is, before it: ahead of the first update of every
 * lot and after every update. What it asks for is measured only then. It must be pure, as a {@link
 * StoppingCriterion} is. A lambda is a guard.
 */
@FunctionalInterface
public interface UtilityGuard {

  /** Returns why the run must end, a sentence without text or token ids; empty if all is well. */
  Optional<String> violation(EpochProgress progress);

  /**
   * Refuses what this guard cannot judge, before a run begins.
   *
   * @throws IllegalArgumentException naming the rule and the value
   */
  default void check(CausalLm model, ForgetSet set) {}

  /** Returns the data it measures: a resumed run must have the same. */
  default List<Corpus> corpora() {
    return List.of();
  }

  /** Returns what this guard is, for logs and the report. */
  default String description() {
    return "custom guard";
  }

  /** Returns a guard that asks this one, then, if it has no objection, the other. */
  default UtilityGuard and(UtilityGuard other) {
    return new BothGuards(this, other);
  }
}
