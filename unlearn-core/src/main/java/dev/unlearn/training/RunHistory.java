package dev.unlearn.training;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The epochs of a run so far, and what follows from them: which lot is next, and how it begins. */
final class RunHistory {
  private final Strategy strategy;
  private final ForgetSet set;
  private final List<EpochReport> epochs = new ArrayList<>();

  RunHistory(Strategy strategy, ForgetSet set) {
    this.strategy = strategy;
    this.set = set;
  }

  void add(EpochReport epoch) {
    epochs.add(epoch);
  }

  void addAll(List<EpochReport> others) {
    epochs.addAll(others);
  }

  List<EpochReport> epochs() {
    return List.copyOf(epochs);
  }

  boolean isEmpty() {
    return epochs.isEmpty();
  }

  EpochReport last() {
    return epochs.get(epochs.size() - 1);
  }

  /** The number of epochs of lots that are forgotten, so that the strategy was asked after them. */
  int settled() {
    int settled = epochs.size();
    while (settled > 0 && !(epochs.get(settled - 1).decision() instanceof Decision.Forgotten)) {
      settled--;
    }
    return settled;
  }

  /** Returns whether the current lot is not forgotten yet. */
  boolean isInsideLot() {
    return settled() < epochs.size();
  }

  /** Returns the lot that the strategy names after those that are forgotten. */
  Optional<Lot> next() {
    return nextAfter(settled());
  }

  private Optional<Lot> nextAfter(int count) {
    return strategy.next(set, List.copyOf(epochs.subList(0, count)));
  }

  /**
   * Whether a lot with an optimizer of its own began after the last update, from which the kept
   * state is.
   */
  boolean beganAnewSinceUpdate(Lot next) {
    int begin = epochs.size();
    boolean anew = !isInsideLot() && next.freshOptimizer();
    while (begin > 0 && epochs.get(begin - 1).lotEpoch() == 0) {
      begin--;
      anew |= nextAfter(begin).filter(Lot::freshOptimizer).isPresent();
    }
    return anew;
  }
}
