package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.FreedMemory;
import dev.unlearn.internal.Values;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.OpenUnlearning;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An update is the same however it is cut into micro-batches, for every objective. */
@Tag("engine")
final class ObjectiveSplitsTest {
  private static final List<TokenSequence> FORGET =
      List.of(
          sequence(1, 12, 4),
          sequence(2, 7, 0),
          sequence(3, 4, 2),
          sequence(4, 9, 0),
          sequence(5, 5, 3));

  /** With other lengths than what they stand for. */
  private static final List<TokenSequence> ALTERNATIVES =
      List.of(
          sequence(11, 6, 4),
          sequence(12, 10, 1),
          sequence(13, 9, 2),
          sequence(14, 3, 1),
          sequence(15, 5, 3));

  private static final List<TokenSequence> RETAIN =
      List.of(sequence(21, 11, 0), sequence(22, 3, 1), sequence(23, 8, 5), sequence(24, 6, 0));

  static Stream<Objective> objectives() {
    return Stream.of(
        Objectives.gradientDifference(0.7),
        Objectives.gradientAscent().withRetain(2, RetainTerms.kl()),
        Objectives.npo(0.1).withRetain(1, RetainTerms.kl()),
        Objectives.lengthNormalizedNpo(1),
        Objectives.simNpo(0.7, 0.1),
        Objectives.dpo(0.1),
        Objectives.kto(0.5).withRetain(1, RetainTerms.crossEntropy()),
        Objectives.wga(1),
        Objectives.satImp(1, 1),
        Objectives.ceU(),
        Objectives.ceU(3),
        Objectives.undial(3),
        Objectives.invertedHinge().withRetain(1, RetainTerms.crossEntropy()),
        Objectives.rmu(1, 2, 3).withRetain(1.5, RetainTerms.hiddenStates(1)),
        OpenUnlearning.rmu(2, 2, 3, 1.5),
        Objectives.pdu(0.3, 2, 1, 0),
        Objectives.dpo(0.1).plus(2, Objectives.undial(3)).withRetain(1, RetainTerms.kl()));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void update_anySplit(Objective objective) {
    Outcome whole = updated(objective, 10_000);
    for (int microBatchTokens : new int[] {1, 26}) {
      Outcome split = updated(objective, microBatchTokens);
      for (int update = 0; update < 2; update++) {
        UpdateResult expected = whole.results.get(update);
        assertThat(split.results.get(update).objective())
            .isCloseTo(expected.objective(), within(2e-5));
        assertThat(split.results.get(update).gradientNorm())
            .isCloseTo(expected.gradientNorm(), within(2e-5));
      }
      whole.values.forEach(
          (name, values) ->
              assertThat(Values.distance(split.values.get(name), values))
                  .as(name)
                  .isLessThan(2e-6));
    }
    assertThat(whole.moved).isGreaterThan(1e-4);
  }

  /** What the graph of an objective needs must not lie in Java's memory. */
  @ParameterizedTest
  @MethodSource("objectives")
  void update_garbageCollectedBeforeTheBackwardPass(Objective objective) {
    Outcome plain = updated(objective, 10_000);
    Outcome collected = updated(new Collecting(objective), 10_000);
    plain.values.forEach(
        (name, values) ->
            assertThat(Values.distance(collected.values.get(name), values))
                .as(name)
                .isLessThan(1e-6));
  }

  /** Two updates of a model that is not the original one any more. */
  private static Outcome updated(Objective objective, int microBatchTokens) {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Snapshot snapshot = new Snapshot(model)) {
      try (Updates before =
          new Updates(model, Objectives.gradientDescent(), Optimizers.sgd(0.5), 10_000)) {
        before.update(FORGET);
      }
      OriginalModel original = new OriginalModel(model, snapshot, null, MeasuringProgress.NONE);
      UpdateData data =
          new UpdateData(
              FORGET,
              objective.needs().contains(Need.ALTERNATIVES) ? ALTERNATIVES : List.of(),
              objective.needs().contains(Need.RETAIN) ? RETAIN : List.of());
      Map<String, double[]> start = values(model);
      try (Updates updates =
          new Updates(
              model,
              objective,
              Optimizers.sgd(0.05),
              microBatchTokens,
              Double.POSITIVE_INFINITY,
              original,
              new ObjectiveMemory())) {
        List<UpdateResult> results =
            List.of(updates.update(1, data, tokens -> {}), updates.update(2, data, tokens -> {}));
        Map<String, double[]> values = values(model);
        double moved =
            values.keySet().stream()
                .mapToDouble(name -> Values.distance(values.get(name), start.get(name)))
                .max()
                .getAsDouble();
        return new Outcome(results, values, moved);
      }
    }
  }

  private static Map<String, double[]> values(TrainableCausalLm model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    model.parameters().forEach((name, array) -> values.put(name, Values.of(array)));
    return values;
  }

  private static TokenSequence sequence(long seed, int length, int promptLength) {
    return TinyModel.random(seed, 1, length).get(0).withPromptLength(promptLength);
  }

  private record Outcome(List<UpdateResult> results, Map<String, double[]> values, double moved) {}

  private record Collecting(Objective objective) implements Objective {
    @Override
    public NDArray loss(ObjectiveContext context) {
      return collected(objective.loss(context));
    }

    @Override
    public NDArray retainLoss(ObjectiveContext context) {
      return collected(objective.retainLoss(context));
    }

    private static NDArray collected(NDArray loss) {
      FreedMemory.reuse();
      return loss;
    }

    @Override
    public Set<Need> needs() {
      return objective.needs();
    }

    @Override
    public void prepare(UpdateContext update) {
      objective.prepare(update);
    }
  }
}
