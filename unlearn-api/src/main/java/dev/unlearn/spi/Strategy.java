package dev.unlearn.spi;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.Optional;

/**
 * Says which sequences the next epochs work on.
 *
 * <p>Asked at the beginning of a run and each time a lot is forgotten. It must be pure: the same
 * set and history give the same lot, so that a resumed run replays its history and strategies can
 * wrap one another.
 *
 * <p>It must name every sequence sooner or later, and come to an end however many updates each lot
 * takes: a run that is asked for ever new lots goes on for ever.
 */
@FunctionalInterface
public interface Strategy {

  /** Returns the next lot, or empty when nothing is left to do. */
  Optional<Lot> next(ForgetSet set, List<EpochReport> history);

  /** Returns what this strategy is, for logs and the report. */
  default String description() {
    return "custom strategy";
  }
}
