package dev.unlearn.strategy;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.List;
import java.util.Optional;

/** Parts of the set in turn, each once. */
final class Once implements Strategy {
  private final Division division;
  private final String description;

  Once(Division division, String description) {
    this.division = division;
    this.description = description;
  }

  @Override
  public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
    List<List<Integer>> parts = division.of(set);
    int done = Rounds.passed(history).size();
    return done < parts.size() ? Optional.of(Lot.of(parts.get(done))) : Optional.empty();
  }

  @Override
  public String description() {
    return description;
  }
}
