package dev.unlearn.spi;

import dev.unlearn.api.Decision;
import java.util.OptionalInt;

/** Left to right, lazily: forgotten if both say so, else as the first decides that does not. */
final class BothForgotten extends PairOfCriteria {

  BothForgotten(StoppingCriterion first, StoppingCriterion second) {
    super(first, second);
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    Decision one = first.evaluate(progress);
    if (!(one instanceof Decision.Forgotten forgotten)) {
      return one;
    }
    Decision other = second.evaluate(progress);
    return other instanceof Decision.Forgotten otherForgotten
        ? Decision.forgotten(
            forgotten.reason() + ", and " + otherForgotten.reason(),
            union(forgotten.above(), otherForgotten.above()))
        : other;
  }

  /** A limit of one alone is none: where it says forgotten, the other may go on for ever. */
  @Override
  public OptionalInt epochLimit() {
    OptionalInt one = first.epochLimit();
    OptionalInt other = second.epochLimit();
    return one.isPresent() && other.isPresent()
        ? OptionalInt.of(Math.max(one.getAsInt(), other.getAsInt()))
        : OptionalInt.empty();
  }

  @Override
  public String description() {
    return "(" + first.description() + ") and (" + second.description() + ")";
  }
}
