package dev.unlearn.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StrategiesTest {
  private static final EpochReport FORGOTTEN = epoch(Decision.forgotten("low"));
  private static final EpochReport PROCEED = epoch(Decision.proceed());

  @Test
  void allAtOnce_oneLot() {
    Strategy strategy = Strategies.allAtOnce();
    assertThat(strategy.next(set(3), List.of())).contains(new Lot(List.of(0, 1, 2), true));
    assertThat(strategy.next(set(3), List.of(PROCEED, FORGOTTEN))).isEmpty();
    assertThat(strategy.description()).isEqualTo("all-at-once");
  }

  @Test
  void sequential_consecutiveChunks() {
    // 7 into 3: the boundaries are 7/3 and 14/3, cut to 2 and 4.
    assertThat(lots(Strategies.sequential(3), set(7)))
        .containsExactly(List.of(0, 1), List.of(2, 3), List.of(4, 5, 6));
    assertThat(Strategies.sequential(3).description()).isEqualTo("sequential(3)");
  }

  @Test
  void sequential_moreChunksThanSequences() {
    assertThat(lots(Strategies.sequential(5), set(2))).containsExactly(List.of(0), List.of(1));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "6, 3", "100, 7", "7, 7", "8, 3", "1000, 999"})
  void sequential_coversTheSetInNearlyEqualChunks(int size, int chunks) {
    List<List<Integer>> lots = lots(Strategies.sequential(chunks), set(size));
    assertThat(lots).hasSize(chunks);
    List<Integer> all = lots.stream().flatMap(List::stream).toList();
    assertThat(all).hasSize(size).isSorted().doesNotHaveDuplicates();
    List<Integer> sizes = lots.stream().map(List::size).toList();
    assertThat(Collections.max(sizes) - Collections.min(sizes)).isLessThanOrEqualTo(1);
  }

  @Test
  void sequential_pure() {
    Strategy strategy = Strategies.sequential(3);
    ForgetSet set = set(7);
    List<EpochReport> history = List.of(PROCEED, FORGOTTEN, PROCEED);
    Optional<Lot> lot = strategy.next(set, history);
    assertThat(lot).contains(new Lot(List.of(2, 3), true));
    assertThat(strategy.next(set, List.of())).contains(new Lot(List.of(0, 1), true));
    assertThat(strategy.next(set, history)).isEqualTo(lot);
  }

  @Test
  void sequential_notPositive() {
    assertThatThrownBy(() -> Strategies.sequential(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("chunks must be > 0, but was: 0");
  }

  @Test
  void lambda_description() {
    Strategy strategy = (set, history) -> Optional.empty();
    assertThat(strategy.description()).isEqualTo("custom strategy");
  }

  /** All lots, where each takes two epochs. */
  private static List<List<Integer>> lots(Strategy strategy, ForgetSet set) {
    List<List<Integer>> lots = new ArrayList<>();
    List<EpochReport> history = new ArrayList<>();
    for (Optional<Lot> lot = strategy.next(set, history);
        lot.isPresent();
        lot = strategy.next(set, history)) {
      assertThat(lot.get().freshOptimizer()).isTrue();
      lots.add(lot.get().indices());
      history.addAll(List.of(PROCEED, PROCEED, FORGOTTEN));
    }
    return lots;
  }

  private static ForgetSet set(int size) {
    return ForgetSet.of(Collections.nCopies(size, TokenSequence.of(1, 2)));
  }

  private static EpochReport epoch(Decision decision) {
    return EpochReport.builder()
        .epoch(0)
        .lotEpoch(0)
        .decision(decision)
        .duration(Duration.ZERO)
        .build();
  }
}
