package dev.unlearn.spi;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Left to right, lazily: the first objection. */
final class BothGuards implements UtilityGuard {
  private final UtilityGuard first;
  private final UtilityGuard second;

  BothGuards(UtilityGuard first, UtilityGuard second) {
    this.first = first;
    this.second = requireNonNull(second, "other");
  }

  @Override
  public Optional<String> violation(EpochProgress progress) {
    return first.violation(progress).or(() -> second.violation(progress));
  }

  @Override
  public void check(CausalLm model, ForgetSet set) {
    first.check(model, set);
    second.check(model, set);
  }

  @Override
  public List<Corpus> corpora() {
    return Stream.of(first, second).flatMap(guard -> guard.corpora().stream()).toList();
  }

  @Override
  public String description() {
    return first.description() + ", and " + second.description();
  }
}
