package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Strategy} must keep to: it names sequences of the set, all of them sooner or
 * later, comes to an end if every lot is forgotten sooner or later, and answers from the history
 * alone.
 */
public abstract class StrategyContract {
  private static final int MAX_LOTS = 1000;

  /** How many updates a lot takes until it is forgotten, by the number of lots before it. */
  private static final List<IntUnaryOperator> UPDATES =
      List.of(lot -> 0, lot -> 2, lot -> lot % 3, lot -> lot == 0 ? 3 : 0, lot -> lot < 50 ? 1 : 0);

  /** Returns a new strategy, made the same way each time. */
  protected abstract Strategy strategy();

  /** Returns the sets to work on; sets of several sizes, with and without domain tags. */
  protected List<ForgetSet> sets() {
    return IntStream.of(1, 2, 5, 8, 31).mapToObj(StrategyContract::set).toList();
  }

  private static ForgetSet set(int size) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int index = 0; index < size; index++) {
      TokenSequence sequence = TokenSequence.of(index, 1, 2);
      sequences.add(index % 3 == 1 ? sequence : sequence.withDomain("domain " + index % 4));
    }
    return ForgetSet.of(sequences);
  }

  @Test
  void next_beginning() {
    for (ForgetSet set : sets()) {
      assertThat(strategy().next(set, List.of())).as("the first lot of %s", set).isPresent();
    }
  }

  @Test
  void next_namesIndicesOfTheSetOnce() {
    for (Run run : runs()) {
      for (Lot lot : run.lots) {
        assertThat(lot.indices())
            .as("a lot of %s", run.set)
            .doesNotHaveDuplicates()
            .allMatch(index -> index >= 0 && index < run.set.size());
      }
    }
  }

  @Test
  void next_namesEverySequence() {
    for (Run run : runs()) {
      Set<Integer> named = new HashSet<>();
      run.lots.forEach(lot -> named.addAll(lot.indices()));
      assertThat(named).as("what is named of %s", run.set).hasSize(run.set.size());
    }
  }

  @Test
  void next_comesToAnEnd() {
    assertThat(runs()).allMatch(run -> run.lots.size() < MAX_LOTS, "fewer than 1000 lots");
  }

  /** As when a run is resumed: another instance, asked in another order. */
  @Test
  void next_sameHistorySameLot() {
    Strategy other = strategy();
    for (Run run : runs()) {
      for (int lot = run.lots.size() - 1; lot >= 0; lot--) {
        List<EpochReport> history = run.historyBefore(lot);
        assertThat(other.next(run.set, history)).as("lot %s", lot).contains(run.lots.get(lot));
        assertThat(other.next(run.set, history)).as("again").contains(run.lots.get(lot));
      }
    }
  }

  @Test
  void description_says() {
    assertThat(strategy().description()).isNotBlank().isEqualTo(strategy().description());
  }

  private List<Run> runs() {
    return sets().stream()
        .flatMap(set -> UPDATES.stream().map(updates -> new Run(strategy(), set, updates)))
        .toList();
  }

  /** A run in which every lot is forgotten after some updates, to its end or the limit of lots. */
  private static final class Run {
    final ForgetSet set;
    final List<Lot> lots = new ArrayList<>();

    private final List<EpochReport> history = new ArrayList<>();

    /** How many reports there were when each lot was named. */
    private final List<Integer> known = new ArrayList<>();

    private int epoch;

    Run(Strategy strategy, ForgetSet set, IntUnaryOperator updates) {
      this.set = set;
      Optional<Lot> lot = strategy.next(set, List.of());
      while (lot.isPresent() && lots.size() < MAX_LOTS) {
        int count = updates.applyAsInt(lots.size());
        lots.add(lot.get());
        known.add(history.size());
        report(lot.get(), 0, count);
        for (int update = 1; update <= count; update++) {
          epoch++;
          report(lot.get(), update, count);
        }
        lot = strategy.next(set, Collections.unmodifiableList(history));
      }
    }

    List<EpochReport> historyBefore(int lot) {
      return Collections.unmodifiableList(history.subList(0, known.get(lot)));
    }

    private void report(Lot lot, int lotEpoch, int count) {
      history.add(
          EpochReport.builder()
              .epoch(epoch)
              .lotEpoch(lotEpoch)
              .addAllLot(lot.indices())
              .decision(lotEpoch < count ? Decision.proceed() : Decision.forgotten("low"))
              .duration(Duration.ofMillis(1))
              .build());
    }
  }
}
