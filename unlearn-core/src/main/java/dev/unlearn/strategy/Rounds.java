package dev.unlearn.strategy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Parts of the set in turn, round after round, until one state of the weights passes them all. */
final class Rounds implements Strategy {
  /** Rounds after which the parts are worked on together. */
  static final int MAX_ROUNDS = 10;

  private final Division division;
  private final String description;

  Rounds(Division division, String description) {
    this.division = division;
    this.description = description;
  }

  @Override
  public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
    List<List<Integer>> parts = division.of(set);
    List<EpochReport> passed = passed(history);
    int count = parts.size();
    int done = passed.size();
    if (done >= count && sameWeights(passed.subList(done - count, done))) {
      return Optional.empty();
    }
    if (done < MAX_ROUNDS * count) {
      return Optional.of(Lot.of(parts.get(done % count)));
    }
    return done == MAX_ROUNDS * count ? Optional.of(everything(set)) : Optional.empty();
  }

  /** The last reports of the lots that were forgotten, in order. */
  static List<EpochReport> passed(List<EpochReport> history) {
    return history.stream().filter(e -> e.decision() instanceof Decision.Forgotten).toList();
  }

  /** Whether there was no update between the first of these decisions and the last. */
  private static boolean sameWeights(List<EpochReport> passed) {
    return passed.get(0).epoch() == passed.get(passed.size() - 1).epoch();
  }

  private static Lot everything(ForgetSet set) {
    return Lot.of(IntStream.range(0, set.size()).boxed().toList());
  }

  @Override
  public String description() {
    return description;
  }
}
