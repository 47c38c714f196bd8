package dev.unlearn.spi;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Two criteria in one: what either of them measures is measured, what either refuses is refused.
 */
abstract class PairOfCriteria implements StoppingCriterion {
  final StoppingCriterion first;
  final StoppingCriterion second;

  PairOfCriteria(StoppingCriterion first, StoppingCriterion second) {
    this.first = first;
    this.second = requireNonNull(second, "other");
  }

  @Override
  public final List<Metric> metrics() {
    return Stream.of(first, second).flatMap(c -> c.metrics().stream()).toList();
  }

  @Override
  public final List<Corpus> corpora() {
    return Stream.of(first, second).flatMap(c -> c.corpora().stream()).toList();
  }

  @Override
  public final void check(CausalLm model, ForgetSet set) {
    first.check(model, set);
    second.check(model, set);
  }

  /** Returns what is in either list, each once, in ascending order. */
  static List<Integer> union(List<Integer> one, List<Integer> other) {
    return Stream.of(one, other).flatMap(List::stream).distinct().sorted().toList();
  }
}
