package dev.unlearn;

import static dev.unlearn.Recipes.HALF_FORGOTTEN;
import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.assertRestored;
import static dev.unlearn.Recipes.givingUpAfter;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class UnlearnerStrategyTest extends WithRecitingModel {
  @Test
  void forget_sequentialOnce() {
    List<CountingState> states = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequentialOnce(3))
            .optimizer(counting(Optimizers.adam(2e-3), states))
            .stopWhen(HALF_FORGOTTEN.or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, SET);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.epochs())
        .extracting(EpochReport::lot)
        .startsWith(List.of(0, 1))
        .endsWith(List.of(4, 5));
    assertThat(new HashSet<>(report.epochs().stream().map(EpochReport::lot).toList()))
        .containsExactlyInAnyOrder(List.of(0, 1), List.of(2, 3), List.of(4, 5));
    List<EpochReport> first = report.epochs().stream().filter(e -> e.lotEpoch() == 0).toList();
    assertThat(first).hasSize(3).allMatch(epoch -> epoch.loss().isEmpty());
    assertThat(first).allMatch(epoch -> epoch.metrics().get("ma").perSequence().size() == 2);
    assertThat(report.epochCount()).isEqualTo(report.epochs().size() - 3);
    assertThat(states).hasSize(3).allMatch(state -> state.closed == 1);
    assertThat(states.stream().mapToInt(state -> state.updates).sum())
        .isEqualTo(report.epochCount());
  }

  @Test
  void forget_sequential() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(3))
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(HALF_FORGOTTEN.or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, SET);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.criterionMetTogether()).isTrue();
    assertThat(report.lotEnds())
        .extracting(EpochReport::lot)
        .startsWith(List.of(0, 1), List.of(2, 3), List.of(4, 5));
    assertThat(report.lotEnds().stream().mapToInt(EpochReport::lotEpoch).sum())
        .isEqualTo(report.epochCount());
    for (int chunk = 0; chunk < 3; chunk++) {
      List<TokenSequence> sequences = SET.sequences(List.of(2 * chunk, 2 * chunk + 1));
      assertThat(MemorizationAccuracy.of().measure(model, sequences).value()).isLessThan(0.5);
    }
  }

  /** Each chunk takes an update; the first comes back and takes another. */
  @Test
  void forget_sequentialChunkCameBack() {
    List<CountingState> states = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .optimizer(counting(Optimizers.adam(1e-3), states))
            .stopWhen(updatesPerLot(1, 1, 1))
            .build()
            .forget(model, SET);

    assertThat(report.lotEnds())
        .extracting(EpochReport::lot)
        .containsExactly(List.of(0, 1, 2), List.of(3, 4, 5), List.of(0, 1, 2), List.of(3, 4, 5));
    assertThat(report.lotEnds()).extracting(EpochReport::lotEpoch).containsExactly(1, 1, 1, 0);
    assertThat(report.criterionMetTogether()).isTrue();
    assertThat(states).extracting(state -> state.updates).containsExactly(1, 1, 1, 0);
    assertThat(states).allMatch(state -> state.closed == 1);
  }

  @Test
  void forget_sequentialOnceDoesNotLookAgain() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequentialOnce(2))
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(updatesPerLot(1, 1, 1))
            .build()
            .forget(model, SET);
    assertThat(report.lotEnds()).extracting(EpochReport::lotEpoch).containsExactly(1, 1);
    assertThat(report.criterionMet()).isTrue();
    assertThat(report.criterionMetTogether()).isFalse();
  }

  @Test
  void forget_sequentialChunkAlreadyForgotten() {
    List<TokenSequence> sequences = new ArrayList<>(SET.sequences().subList(0, 2));
    sequences.addAll(TinyModel.random(9, 2, TinyModel.LENGTH));
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(HALF_FORGOTTEN.or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, ForgetSet.of(sequences));
    List<EpochReport> second =
        report.epochs().stream().filter(epoch -> epoch.lot().equals(List.of(2, 3))).toList();
    assertThat(second).hasSize(1);
    assertThat(second.get(0).lotEpoch()).isZero();
    assertThat(second.get(0).epoch()).isEqualTo(report.epochCount()).isPositive();
    assertThat(second.get(0).decision()).isEqualTo(Decision.forgotten("half forgotten"));
  }

  /** What was measured on one lot must not be taken for the next. */
  @Test
  void forget_sequentialMeasuresEachLot() {
    List<TokenSequence> sequences = new ArrayList<>(SET.sequences().subList(0, 2));
    sequences.addAll(TinyModel.random(9, 2, TinyModel.LENGTH));
    double unknown = MemorizationAccuracy.of().measure(model, sequences.subList(2, 4)).value();
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .stopWhen(
                progress ->
                    Decision.forgotten(progress.measure(MemorizationAccuracy.of()).toString()))
            .build()
            .forget(model, ForgetSet.of(sequences));
    assertThat(unknown).isLessThan(0.5);
    assertThat(report.epochs())
        .extracting(epoch -> epoch.metrics().get("ma").value())
        .containsExactly(1.0, unknown);
  }

  @Test
  void forget_sequentialGivesUpInSecondLot() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(3))
            .stopWhen(
                progress ->
                    progress.lot().contains(SET.sequences().get(2))
                        ? progress.lotEpoch() < 2 ? Decision.proceed() : Decision.giveUp("no")
                        : progress.lotEpoch() < 1 ? Decision.proceed() : Decision.forgotten("yes"))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("no");
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(report.epochs()).noneMatch(epoch -> epoch.lot().contains(4));
    assertRestored(report, model, original);
  }

  /** A lot that gave up ends the run: the strategy has nothing to say to that. */
  @Test
  void forget_strategyIsAskedOnlyAfterAForgottenLot() {
    int[] asked = {0};
    Strategy counting =
        (set, history) -> {
          asked[0]++;
          return Strategies.sequential(2).next(set, history);
        };
    assertThat(givingUpAfter(1).strategy(counting).build().forget(model, SET).outcome())
        .isEqualTo(Outcome.GAVE_UP);
    assertThat(asked[0]).isEqualTo(1);
  }

  @Test
  void forget_strategyFindsNothing() {
    assertThatThrownBy(
            () -> until(1).strategy((set, history) -> Optional.empty()).build().forget(model, SET))
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining(
            "strategy custom strategy must name at least one lot, but named none");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_sequencesAbove() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .stopWhen(progress -> Decision.forgotten("on the mean", List.of(0, 2)))
            .build()
            .forget(model, SET);
    // Positions 0 and 2 of the lots 0, 1, 2 and 3, 4, 5.
    assertThat(report.sequencesAbove()).containsExactly(0, 2, 3, 5);
  }

  /** What an earlier decision said of a lot that was looked at again is out of date. */
  @Test
  void forget_sequencesAboveAtLast() {
    StoppingCriterion criterion = updatesPerLot(1, 1);
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(
                progress ->
                    criterion.evaluate(progress) instanceof Decision.Proceed
                        ? Decision.proceed()
                        : Decision.forgotten("mean", List.of(progress.lotEpoch() == 1 ? 0 : 1)))
            .build()
            .forget(model, SET);
    // Lots 0, 1, 2 and 3, 4, 5 with their first above, then 0, 1, 2 again with its second.
    assertThat(report.sequencesAbove()).containsExactly(1, 3);
  }

  @Test
  void forget_retiring() {
    List<List<TokenSequence>> updates = new ArrayList<>();
    Objective objective =
        context -> {
          updates.add(context.forget().pass().batch().sequences());
          return Objectives.gradientAscent().loss(context);
        };
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.retiring(Strategies.sequential(2)))
            .objective(objective)
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(
                progress ->
                    progress.measure(MemorizationAccuracy.of()).perSequence().size() == 3
                            && progress.epoch() < 2
                        ? Decision.proceed(List.of(0, progress.lotEpoch() + 1))
                        : Decision.forgotten("enough"))
            .build()
            .forget(model, SET);
    // Of 0, 1, 2 the first is forgotten from the beginning, the second and then the third besides.
    assertThat(updates).containsExactly(SET.sequences(List.of(2)), SET.sequences(List.of(1)));
    assertThat(report.settings()).containsEntry("strategy", "retiring(sequential(2))");
  }

  @Test
  void forget_retiringUntilEveryIsForgotten() {
    List<Integer> sizes = new ArrayList<>();
    Objective objective =
        context -> {
          sizes.add(context.forget().pass().batch().size());
          return Objectives.gradientAscent().loss(context);
        };
    ForgettingThresholds thresholds = ForgettingThresholds.of(3, TinyModel.LENGTH, 0.5, 0.5);
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.retiring(Strategies.allAtOnce()))
            .objective(objective)
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(
                StoppingCriteria.everyForgotten(thresholds).or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.sequencesAbove()).isEmpty();
    assertThat(sizes.get(0)).isEqualTo(6);
    assertThat(sizes.get(sizes.size() - 1)).isLessThan(6);
    assertThat(report.after().get("ma").perSequence()).hasSize(6).allMatch(ma -> ma < 0.5);
  }

  /** The first lots take so many updates, the others none. */
  private static StoppingCriterion updatesPerLot(int... updates) {
    return progress -> {
      long lots =
          progress.history().stream()
              .filter(epoch -> epoch.decision() instanceof Decision.Forgotten)
              .count();
      int wanted = lots < updates.length ? updates[(int) lots] : 0;
      return progress.lotEpoch() < wanted ? Decision.proceed() : Decision.forgotten("enough");
    };
  }

  private static Optimizer counting(Optimizer optimizer, List<CountingState> states) {
    return new Optimizer() {
      @Override
      public OptimizerState start(NDManager manager, List<NDArray> parameters) {
        CountingState state = new CountingState(optimizer.start(manager, parameters));
        states.add(state);
        return state;
      }

      @Override
      public String description() {
        return optimizer.description();
      }
    };
  }

  private static final class CountingState implements OptimizerState {
    private final OptimizerState state;
    int updates;
    int closed;

    CountingState(OptimizerState state) {
      this.state = state;
    }

    @Override
    public void update(List<NDArray> gradients) {
      updates++;
      state.update(gradients);
    }

    @Override
    public void close() {
      closed++;
      state.close();
    }
  }
}
