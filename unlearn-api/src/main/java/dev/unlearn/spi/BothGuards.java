package dev.unlearn.spi;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ForgetSet;
import java.util.Optional;

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
  public String description() {
    return first.description() + ", and " + second.description();
  }
}
