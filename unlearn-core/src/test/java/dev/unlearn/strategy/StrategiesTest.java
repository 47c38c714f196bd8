package dev.unlearn.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StrategiesTest {
  private static final List<Integer> A = List.of(0, 1);
  private static final List<Integer> B = List.of(2, 3);
  private static final List<Integer> C = List.of(4, 5);

  @Test
  void allAtOnce_oneLot() {
    Strategy strategy = Strategies.allAtOnce();
    assertThat(strategy.next(set(3), List.of())).contains(Lot.of(List.of(0, 1, 2)));
    assertThat(lots(strategy, set(3), 7)).containsExactly(List.of(0, 1, 2));
    assertThat(strategy.description()).isEqualTo("all-at-once");
  }

  @Test
  void sequential_consecutiveChunks() {
    // 7 into 3: the boundaries are 7/3 and 14/3, cut to 2 and 4.
    for (Strategy strategy : List.of(Strategies.sequential(3), Strategies.sequentialOnce(3))) {
      assertThat(lots(strategy, set(7)))
          .containsExactly(List.of(0, 1), List.of(2, 3), List.of(4, 5, 6));
    }
    assertThat(Strategies.sequential(3).description()).isEqualTo("sequential(3)");
    assertThat(Strategies.sequentialOnce(3).description()).isEqualTo("sequential-once(3)");
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

  /** The paper's course: each chunk once, whatever it took. */
  @Test
  void sequentialOnce_noReturn() {
    assertThat(lots(Strategies.sequentialOnce(3), set(6), 19, 3, 1)).containsExactly(A, B, C);
  }

  /** C was the last to change the weights: A and B must pass again, C need not. */
  @Test
  void sequential_lastCheckPasses() {
    assertThat(lots(Strategies.sequential(3), set(6), 19, 3, 1)).containsExactly(A, B, C, A, B);
  }

  /** After A has come back, B and C have to pass once more. */
  @Test
  void sequential_chunkCameBack() {
    assertThat(lots(Strategies.sequential(3), set(6), 19, 3, 1, 2))
        .containsExactly(A, B, C, A, B, C);
  }

  @Test
  void sequential_chunkCameBackInASecondRound() {
    assertThat(lots(Strategies.sequential(3), set(6), 19, 3, 1, 2, 1, 0, 4))
        .containsExactly(A, B, C, A, B, C, A, B, C);
  }

  /** Only A changed the weights, and B and C passed after it. */
  @Test
  void sequential_nothingToCheck() {
    assertThat(lots(Strategies.sequential(3), set(6), 5)).containsExactly(A, B, C);
    assertThat(lots(Strategies.sequential(1), set(6), 5)).hasSize(1);
  }

  @Test
  void sequential_chunksUndoEachOther() {
    int[] always = new int[100];
    Arrays.fill(always, 1);
    List<List<Integer>> lots = lots(Strategies.sequential(3), set(6), always);
    assertThat(lots).hasSize(10 * 3 + 1).endsWith(A, B, C, List.of(0, 1, 2, 3, 4, 5));
  }

  /** The last round may still end well. */
  @Test
  void sequential_lastRoundPasses() {
    int[] untilTheTenthRound = new int[9 * 3];
    Arrays.fill(untilTheTenthRound, 1);
    List<List<Integer>> lots = lots(Strategies.sequential(3), set(6), untilTheTenthRound);
    assertThat(lots).hasSize(9 * 3 + 2).endsWith(C, A, B);
  }

  @Test
  void sequential_pure() {
    Strategy strategy = Strategies.sequential(3);
    List<EpochReport> history = new ArrayList<>();
    visit(history, A, 2);
    visit(history, B, 0);
    Optional<Lot> lot = strategy.next(set(6), history);
    assertThat(lot).contains(Lot.of(C));
    assertThat(strategy.next(set(6), List.of())).contains(Lot.of(A));
    assertThat(strategy.next(set(6), history)).isEqualTo(lot);
  }

  @Test
  void sequential_notPositive() {
    assertThatThrownBy(() -> Strategies.sequential(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("chunks must be > 0, but was: 0");
    assertThatThrownBy(() -> Strategies.sequentialOnce(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("chunks must be > 0, but was: -1");
  }

  @Test
  void byDomain_inOrderOfAppearance() {
    ForgetSet set =
        ForgetSet.of(
            sequence().withDomain("mail"),
            sequence(),
            sequence().withDomain("code"),
            sequence().withDomain("mail"),
            sequence());
    assertThat(lots(Strategies.byDomain(), set))
        .containsExactly(List.of(0, 3), List.of(1, 4), List.of(2));
    assertThat(lots(Strategies.byDomain(), set, 1, 1))
        .containsExactly(List.of(0, 3), List.of(1, 4), List.of(2), List.of(0, 3));
    assertThat(Strategies.byDomain().description()).isEqualTo("by-domain");
  }

  @Test
  void byDomain_withoutTags() {
    assertThat(lots(Strategies.byDomain(), set(3), 1)).containsExactly(List.of(0, 1, 2));
  }

  @Test
  void retiring_sameLots() {
    Strategy strategy = Strategies.retiring(Strategies.sequential(3));
    assertThat(strategy.next(set(6), List.of())).contains(Lot.of(A).withRetiring());
    assertThat(lots(strategy, set(6), 2, 1))
        .isEqualTo(lots(Strategies.sequential(3), set(6), 2, 1))
        .hasSize(4);
    assertThat(strategy.description()).isEqualTo("retiring(sequential(3))");
  }

  @Test
  void retiring_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> Strategies.retiring(null))
        .withMessage("strategy");
  }

  @Test
  void lambda_description() {
    Strategy strategy = (set, history) -> Optional.empty();
    assertThat(strategy.description()).isEqualTo("custom strategy");
  }

  /** All lots, where the first ones take so many updates and the others none. */
  private static List<List<Integer>> lots(Strategy strategy, ForgetSet set, int... updates) {
    List<List<Integer>> lots = new ArrayList<>();
    List<EpochReport> history = new ArrayList<>();
    Optional<Lot> lot = strategy.next(set, history);
    while (lot.isPresent()) {
      assertThat(lot.get().freshOptimizer()).isTrue();
      visit(history, lot.get().indices(), lots.size() < updates.length ? updates[lots.size()] : 0);
      lots.add(lot.get().indices());
      lot = strategy.next(set, history);
    }
    return lots;
  }

  /** Adds the reports of a lot that is forgotten after some updates. */
  private static void visit(List<EpochReport> history, List<Integer> lot, int updates) {
    int first = history.isEmpty() ? 0 : history.get(history.size() - 1).epoch();
    for (int update = 0; update <= updates; update++) {
      history.add(
          EpochReport.builder()
              .epoch(first + update)
              .lotEpoch(update)
              .addAllLot(lot)
              .decision(update < updates ? Decision.proceed() : Decision.forgotten("low"))
              .duration(Duration.ZERO)
              .build());
    }
  }

  private static ForgetSet set(int size) {
    return ForgetSet.of(Collections.nCopies(size, sequence()));
  }

  private static TokenSequence sequence() {
    return TokenSequence.of(1, 2);
  }
}
