package dev.unlearn.strategy;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.List;
import java.util.Optional;

/** The lots of another strategy, retiring. */
final class Retiring implements Strategy {
  private final Strategy strategy;

  Retiring(Strategy strategy) {
    this.strategy = requireNonNull(strategy, "strategy");
  }

  @Override
  public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
    return strategy.next(set, history).map(Lot::withRetiring);
  }

  @Override
  public String description() {
    return "retiring(" + strategy.description() + ")";
  }
}
