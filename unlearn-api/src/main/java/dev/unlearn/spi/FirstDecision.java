package dev.unlearn.spi;

import dev.unlearn.api.Decision;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Left to right, lazily: the first that decides. */
final class FirstDecision extends PairOfCriteria {

  FirstDecision(StoppingCriterion first, StoppingCriterion second) {
    super(first, second);
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    Decision one = first.evaluate(progress);
    if (!(one instanceof Decision.Proceed proceed)) {
      return one;
    }
    Decision other = second.evaluate(progress);
    return other instanceof Decision.Proceed otherProceed
        ? Decision.proceed(union(proceed.forgotten(), otherProceed.forgotten()))
        : other;
  }

  @Override
  public OptionalInt epochLimit() {
    return Stream.of(first, second)
        .map(StoppingCriterion::epochLimit)
        .flatMapToInt(OptionalInt::stream)
        .min();
  }

  @Override
  public String description() {
    return first.description() + ", or " + second.description();
  }
}
