package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What breaks the contract fails it. */
final class BrokenStrategiesTest {
  private static final Strategy FIRST_ONLY =
      (set, history) -> history.isEmpty() ? lot(0) : Optional.empty();

  @Test
  void next_nothing() {
    assertFails(contract(() -> (set, history) -> Optional.empty())::next_beginning);
  }

  @Test
  void next_notOfTheSet() {
    assertFails(
        contract(() -> (set, history) -> history.isEmpty() ? lot(set.size()) : Optional.empty())
            ::next_namesIndicesOfTheSetOnce);
  }

  @Test
  void next_twice() {
    assertFails(
        contract(() -> (set, history) -> history.isEmpty() ? lot(0, 0) : Optional.empty())
            ::next_namesIndicesOfTheSetOnce);
  }

  @Test
  void next_leavesSequencesOut() {
    assertFails(contract(() -> FIRST_ONLY)::next_namesEverySequence);
  }

  @Test
  void next_forEver() {
    assertFails(contract(() -> (set, history) -> lot(0))::next_comesToAnEnd);
  }

  @Test
  void next_remembersItsCalls() {
    Supplier<Strategy> counting =
        () -> {
          int[] calls = {0};
          return (set, history) -> calls[0] < set.size() ? lot(calls[0]++) : Optional.empty();
        };
    assertFails(contract(counting)::next_sameHistorySameLot);
  }

  private static Optional<Lot> lot(Integer... indices) {
    return Optional.of(Lot.of(List.of(indices)));
  }

  private static StrategyContract contract(Supplier<Strategy> strategies) {
    return new StrategyContract() {
      @Override
      protected Strategy strategy() {
        return strategies.get();
      }
    };
  }

  private static void assertFails(Runnable test) {
    assertThatThrownBy(test::run).isInstanceOf(AssertionError.class);
  }
}
