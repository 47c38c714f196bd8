package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LotDataTest {
  private static final List<TokenSequence> SEQUENCES =
      IntStream.range(0, 6).mapToObj(id -> TokenSequence.of(id, id + 10)).toList();
  private static final ForgetSet SET = ForgetSet.of(SEQUENCES);
  private static final List<Integer> INDICES = List.of(1, 3, 5);

  @Test
  void of_wholeLot() {
    LotData data = data(SET, Objectives.gradientAscent(), List.of(), 0);
    UpdateData update = data.of(Lot.of(INDICES), List.of(0, 2), 1, List.of());
    assertThat(update.forget())
        .containsExactly(SEQUENCES.get(1), SEQUENCES.get(3), SEQUENCES.get(5));
    assertThat(update.alternatives()).isEmpty();
    assertThat(update.retain()).isEmpty();
  }

  @Test
  void of_retiringLot() {
    LotData data = data(SET, Objectives.gradientAscent(), List.of(), 0);
    Lot lot = Lot.of(INDICES).withRetiring();
    assertThat(data.of(lot, List.of(0, 2), 1, List.of()).forget())
        .containsExactly(SEQUENCES.get(3));
    assertThat(data.of(lot, List.of(), 1, List.of()).forget()).hasSize(3);
    // Each is forgotten, but the criterion wants more of all of them.
    assertThat(data.of(lot, List.of(0, 1, 2), 1, List.of()).forget()).hasSize(3);
  }

  @Test
  void of_alternativesInTurn() {
    List<List<TokenSequence>> alternatives =
        IntStream.range(0, 6)
            .mapToObj(i -> List.of(TokenSequence.of(i, 50), TokenSequence.of(i, 60)))
            .toList();
    LotData data = data(SET.withAlternatives(alternatives), new Preferring(), List.of(), 0);
    Lot lot = Lot.of(INDICES).withRetiring();
    assertThat(data.of(lot, List.of(1), 1, List.of()).alternatives())
        .containsExactly(TokenSequence.of(1, 50), TokenSequence.of(5, 50));
    assertThat(data.of(lot, List.of(1), 2, List.of()).alternatives())
        .containsExactly(TokenSequence.of(1, 60), TokenSequence.of(5, 60));
    assertThat(data.of(lot, List.of(1), 3, List.of()).alternatives())
        .containsExactly(TokenSequence.of(1, 50), TokenSequence.of(5, 50));
  }

  @Test
  void of_asManyToRetainAsInTheLot() {
    List<TokenSequence> retain =
        IntStream.range(0, 9).mapToObj(id -> TokenSequence.of(id, 99)).toList();
    assertThat(update(retain, 0).retain()).hasSize(3);
    assertThat(update(retain, 5).retain()).hasSize(5);
  }

  /** Lots of 3 and then of 2: what is drawn goes on where it stopped. */
  @Test
  void of_retainAfterOtherLots() {
    List<TokenSequence> retain =
        IntStream.range(0, 9).mapToObj(id -> TokenSequence.of(id, 99)).toList();
    LotData data = data(SET, Objectives.gradientAscent(), retain, 0);
    List<TokenSequence> drawn = new ArrayList<>(update(retain, 0).retain());
    Lot two = Lot.of(List.of(0, 2));
    List<EpochReport> history = List.of(epoch(0, 0, INDICES), epoch(1, 1, INDICES));
    drawn.addAll(data.of(two, List.of(), 2, history).retain());
    history =
        List.of(
            epoch(0, 0, INDICES),
            epoch(1, 1, INDICES),
            epoch(1, 0, two.indices()),
            epoch(2, 1, two.indices()));
    drawn.addAll(data.of(Lot.of(List.of(0, 1, 2, 3)), List.of(), 3, history).retain());
    assertThat(drawn).containsExactlyInAnyOrderElementsOf(retain);
  }

  private static EpochReport epoch(int epoch, int lotEpoch, List<Integer> lot) {
    return EpochReport.builder()
        .epoch(epoch)
        .lotEpoch(lotEpoch)
        .addAllLot(lot)
        .putAllMetrics(Map.of())
        .putAllOtherMetrics(Map.of())
        .decision(Decision.proceed())
        .duration(Duration.ZERO)
        .build();
  }

  private static UpdateData update(List<TokenSequence> retain, int retainPerUpdate) {
    return data(SET, Objectives.gradientAscent(), retain, retainPerUpdate)
        .of(Lot.of(INDICES), List.of(), 1, List.of());
  }

  private static LotData data(
      ForgetSet set, Objective objective, List<TokenSequence> retain, int retainPerUpdate) {
    Recipe recipe =
        new Recipe(
            objective,
            Strategies.allAtOnce(),
            Optimizers.sgd(1),
            StoppingCriteria.maxEpochs(1),
            null,
            null,
            retainPerUpdate,
            RandomContext.NONE,
            null,
            10,
            100,
            HealthBound.DEFAULT,
            GiveUp.RESTORE,
            4096,
            1e6,
            1);
    return new LotData(recipe, set, retain, 32);
  }

  private static final class Preferring implements Objective {
    @Override
    public NDArray loss(ObjectiveContext context) {
      throw new AssertionError("nothing is trained here");
    }

    @Override
    public Set<Need> needs() {
      return Set.of(Need.ALTERNATIVES);
    }
  }
}
