package dev.unlearn.spi;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Left to right, lazily: the first that decides. */
final class FirstDecision implements StoppingCriterion {
  private final StoppingCriterion first;
  private final StoppingCriterion second;

  FirstDecision(StoppingCriterion first, StoppingCriterion second) {
    this.first = first;
    this.second = requireNonNull(second, "other");
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    Decision decision = first.evaluate(progress);
    return decision instanceof Decision.Proceed ? second.evaluate(progress) : decision;
  }

  @Override
  public List<Metric> metrics() {
    return Stream.of(first, second).flatMap(c -> c.metrics().stream()).toList();
  }

  @Override
  public void check(ForgetSet set) {
    first.check(set);
    second.check(set);
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
