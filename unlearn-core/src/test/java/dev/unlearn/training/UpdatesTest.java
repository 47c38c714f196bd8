package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.FreedMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class UpdatesTest {
  /** Ragged, with prompts: 8, 6, 1, 8, 2 and 1 targets. */
  private static final List<TokenSequence> RAGGED =
      List.of(
          sequence(1, 12, 4),
          sequence(2, 7, 0),
          sequence(3, 3, 2),
          sequence(4, 9, 0),
          sequence(5, 5, 3),
          sequence(6, 2, 1));

  private static final long TARGETS = 26;

  private static final Objective SEQUENCE_MEANS =
      context -> {
        Share share = context.forget();
        NDArray mask = share.pass().batch().targetMask();
        NDArray sums = share.pass().logProbabilities().mul(mask).sum(new int[] {1});
        return share.sequenceMean(sums.div(mask.sum(new int[] {1})));
      };

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 10_000})
  void update_microBatchesOfAnySize(int microBatchTokens) {
    for (BiFunction<Objective, Integer, Outcome> run : models()) {
      Outcome whole = run.apply(Objectives.gradientAscent(), 10_000);
      Outcome split = run.apply(Objectives.gradientAscent(), microBatchTokens);
      assertThat(split.result.objective()).isCloseTo(whole.result.objective(), within(1e-5));
      assertThat(split.result.loss().orElseThrow())
          .isCloseTo(whole.result.loss().orElseThrow(), within(1e-5));
      assertThat(split.result.gradientNorm()).isCloseTo(whole.result.gradientNorm(), within(1e-5));
      assertThat(distance(split, whole)).isLessThan(1e-6f);
    }
  }

  /** What the graph of an objective needs must not lie in Java's memory. */
  @Test
  void update_garbageCollectedBeforeTheBackwardPass() {
    Objective ascent = Objectives.gradientAscent();
    for (BiFunction<Objective, Integer, Outcome> run : models()) {
      for (Objective objective : List.of(ascent, SEQUENCE_MEANS)) {
        Outcome plain = run.apply(objective, 10_000);
        Objective collecting =
            context -> {
              NDArray loss = objective.loss(context);
              FreedMemory.reuse();
              return loss;
            };
        assertThat(distance(run.apply(collecting, 10_000), plain)).isLessThan(1e-6f);
      }
    }
  }

  /** That the first test could fail: the mean of the means of the rows is far away. */
  @Test
  void update_meanOfMeansIsSomethingElse() {
    for (BiFunction<Objective, Integer, Outcome> run : models()) {
      Outcome tokenMean = run.apply(Objectives.gradientAscent(), 1);
      Outcome meanOfMeans = run.apply(SEQUENCE_MEANS, 1);
      assertThat(Math.abs(tokenMean.result.objective() - meanOfMeans.result.objective()))
          .isGreaterThan(1e-2);
      assertThat(distance(tokenMean, meanOfMeans)).isGreaterThan(1e-3f);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 10_000})
  void update_sequenceMeansOfAnySplit(int microBatchTokens) {
    for (BiFunction<Objective, Integer, Outcome> run : models()) {
      Outcome whole = run.apply(SEQUENCE_MEANS, 10_000);
      assertThat(distance(run.apply(SEQUENCE_MEANS, microBatchTokens), whole)).isLessThan(1e-6f);
    }
  }

  @Test
  void update_objectiveIsTheHandFormula() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      double sum = 0;
      double meanOfMeans = 0;
      for (TokenScores scores : model.score(RAGGED)) {
        sum += scores.negativeLogLikelihood();
        meanOfMeans += scores.negativeLogLikelihood() / scores.sequence().targetCount() / 6;
      }
      double loss = sum / TARGETS;
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(0.1), 7)) {
        UpdateResult result = updates.update(RAGGED);
        assertThat(result.loss().orElseThrow()).isCloseTo(loss, within(1e-5));
        assertThat(result.objective()).isCloseTo(-loss, within(1e-5));
        assertThat(result.isFinite()).isTrue();
      }
      assertThat(meanOfMeans).isNotCloseTo(loss, within(1e-2));
    }
  }

  @Test
  void update_ascentFollowsTheGradient() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      Map<String, float[]> gradients = lossGradients(model, RAGGED);
      Map<String, float[]> before = values(model);
      double norm;
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(0.01), 7)) {
        norm = updates.update(RAGGED).gradientNorm();
      }
      double squares = 0;
      for (Map.Entry<String, float[]> after : values(model).entrySet()) {
        float[] gradient = gradients.get(after.getKey());
        float[] old = before.get(after.getKey());
        for (int i = 0; i < gradient.length; i++) {
          squares += (double) gradient[i] * gradient[i];
          assertThat(after.getValue()[i]).isCloseTo(old[i] + 0.01f * gradient[i], within(1e-6f));
        }
      }
      assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-4));
    }
  }

  /** Half a gradient of what is to be forgotten would stay with the model. */
  @Test
  void close_afterAnUpdateThatWasBrokenOff() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      IllegalStateException stop = new IllegalStateException("stop");
      UpdateData data = new UpdateData(RAGGED, List.of(), List.of());
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(0.1), 7)) {
        assertThatThrownBy(
                () ->
                    updates.update(
                        1,
                        data,
                        done -> {
                          throw stop;
                        }))
            .isSameAs(stop);
        assertThat(gradients(model).values()).anyMatch(UpdatesTest::isSomewhereNotZero);
      }
      assertThat(gradients(model).values()).noneMatch(UpdatesTest::isSomewhereNotZero);
    }
  }

  private static boolean isSomewhereNotZero(float[] values) {
    for (float value : values) {
      if (value != 0) {
        return true;
      }
    }
    return false;
  }

  /** Without asking for a gradient: a small step changes the loss by rate · norm². */
  @Test
  void update_changesTheLossByTheGradientsSquare() {
    try (TrainableCausalLm model = TinyModel.gptNeo(1)) {
      double rate = 1e-4;
      double before = loss(model, RAGGED);
      double norm;
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(rate), 7)) {
        norm = updates.update(RAGGED).gradientNorm();
      }
      double expected = rate * norm * norm;
      assertThat(loss(model, RAGGED) - before).isCloseTo(expected, within(0.05 * expected));
    }
  }

  @Test
  void update_descentUndoesAscent() {
    try (TrainableCausalLm up = TinyModel.gpt2(1);
        TrainableCausalLm down = TinyModel.gpt2(1)) {
      Map<String, float[]> start = values(up);
      UpdateResult ascent = update(up, Objectives.gradientAscent(), 0.1, 7);
      UpdateResult descent = update(down, Objectives.gradientDescent(), 0.1, 7);
      assertThat(descent.objective()).isCloseTo(-ascent.objective(), within(1e-6));
      values(up)
          .forEach(
              (name, ascended) -> {
                float[] descended = values(down).get(name);
                for (int i = 0; i < ascended.length; i++) {
                  assertThat((ascended[i] + descended[i]) / 2)
                      .isCloseTo(start.get(name)[i], within(1e-6f));
                }
              });
    }
  }

  @Test
  void update_customObjective() {
    // Twice the built-in one: twice the objective and the gradient, the same loss.
    Objective twice =
        context -> context.forget().tokenMean(context.forget().pass().logProbabilities().mul(2));
    try (TrainableCausalLm one = TinyModel.gpt2(1);
        TrainableCausalLm two = TinyModel.gpt2(1)) {
      UpdateResult plain = update(one, Objectives.gradientAscent(), 0.1, 7);
      UpdateResult doubled = update(two, twice, 0.05, 7);
      assertThat(doubled.objective()).isCloseTo(2 * plain.objective(), within(1e-5));
      assertThat(doubled.gradientNorm()).isCloseTo(2 * plain.gradientNorm(), within(1e-4));
      assertThat(doubled.loss().orElseThrow()).isEqualTo(plain.loss().orElseThrow());
      assertThat(distance(values(one), values(two))).isLessThan(1e-6f);
    }
  }

  @Test
  void update_objectiveOfLogitsOnly() {
    Objective objective =
        context -> {
          Share share = context.forget();
          NDArray logProbabilities = share.pass().logits().logSoftmax(-1);
          NDArray next = share.pass().batch().ids().get(":, 1:").expandDims(-1);
          return share.tokenMean(logProbabilities.gather(next, -1).squeeze(-1));
        };
    try (TrainableCausalLm one = TinyModel.gpt2(1);
        TrainableCausalLm two = TinyModel.gpt2(1)) {
      UpdateResult plain = update(one, Objectives.gradientAscent(), 0.1, 30);
      UpdateResult fromLogits = update(two, objective, 0.1, 30);
      assertThat(fromLogits.objective()).isCloseTo(plain.objective(), within(1e-5));
      assertThat(fromLogits.loss().orElseThrow())
          .isCloseTo(plain.loss().orElseThrow(), within(1e-5));
      assertThat(distance(values(one), values(two))).isLessThan(1e-6f);
    }
  }

  @Test
  void update_objectiveReturnsNoScalar() {
    Objective objective = context -> context.forget().pass().logProbabilities();
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      assertRefused(model, objective, "(1, 11)");
    }
  }

  @Test
  void update_objectiveReturnsVectorOfOne() {
    Objective objective =
        context -> context.forget().pass().logProbabilities().mean().reshape(new Shape(1));
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      assertRefused(model, objective, "(1)");
    }
  }

  private static void assertRefused(TrainableCausalLm model, Objective objective, String shape) {
    String before = WeightsDigest.of(model);
    int arrays = model.manager().getManagedArrays().size();
    try (Updates updates = new Updates(model, objective, Optimizers.sgd(0.1), 12)) {
      assertThatThrownBy(() -> updates.update(RAGGED))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "objective custom objective must return a scalar of shape (), but returned: "
                  + shape);
    }
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
    assertThat(model.manager().getManagedArrays()).hasSize(arrays);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void update_notFinite(float factor) {
    int[] calls = {0};
    // The third of three micro-batches only, so that the gradients hold finite parts, too.
    Objective objective =
        context -> Objectives.gradientAscent().loss(context).mul(++calls[0] == 3 ? factor : 1f);
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        TrainableCausalLm untouched = TinyModel.gpt2(1);
        Updates updates = new Updates(model, objective, Optimizers.adam(1e-3), 18);
        Updates plain =
            new Updates(untouched, Objectives.gradientAscent(), Optimizers.adam(1e-3), 18)) {
      UpdateResult result = updates.update(RAGGED);
      assertThat(calls[0]).isGreaterThanOrEqualTo(3);
      assertThat(result.isFinite()).isFalse();
      assertThat(WeightsDigest.of(model)).isEqualTo(WeightsDigest.of(untouched));

      // Neither gradients nor moments keep a trace of it.
      updates.update(RAGGED);
      plain.update(RAGGED);
      assertThat(WeightsDigest.of(model)).isEqualTo(WeightsDigest.of(untouched));
    }
  }

  @Test
  void update_gradientsDoNotAccumulate() {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1e-12), 7)) {
      double first = updates.update(RAGGED).gradientNorm();
      assertThat(updates.update(RAGGED).gradientNorm()).isCloseTo(first, within(1e-5));
    }
  }

  @Test
  void update_tokensDone() {
    List<Long> done = new ArrayList<>();
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(0.1), 18)) {
      UpdateData data = new UpdateData(RAGGED, List.of(), List.of());
      assertThat(updates.update(1, data, done::add).isFinite()).isTrue();
    }
    // Longest first, padding not counted: 12, then 9 + 7, then 5 + 3 + 2.
    assertThat(done).containsExactly(12L, 28L, 38L);
  }

  /** What the objective does not depend on has no gradient and stays as it is. */
  @Test
  void update_objectiveOnAnEarlyLayer() {
    Objective objective =
        context -> context.forget().sequenceMean(context.forget().pass().hiddenStates(1).square());
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Updates updates = new Updates(model, objective, Optimizers.adam(0.1), 18)) {
      Map<String, float[]> before = values(model);
      assertThat(updates.update(RAGGED).isFinite()).isTrue();
      values(model)
          .forEach(
              (name, values) -> {
                if (name.contains("h.1.") || name.contains("ln_f")) {
                  assertThat(values).as(name).isEqualTo(before.get(name));
                } else if (name.contains("h.0.mlp")) {
                  assertThat(values).as(name).isNotEqualTo(before.get(name));
                }
              });
    }
  }

  @Test
  void create_objectiveThatNeedsARun() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      assertThatThrownBy(
              () -> new Updates(model, Objectives.npo(1), Optimizers.sgd(0.1), 18).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "objective npo(beta=1.0) needs [REFERENCE_LIKELIHOODS], which only a run has; call"
                  + " Unlearner.forget");
    }
  }

  @Test
  void create_noMicroBatchTokens() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      assertThatThrownBy(
              () -> new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(0.1), 0).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("microBatchTokens must be > 0, but was: 0");
    }
  }

  /** DJL's own gradient collector is one per process and would refuse the second thread. */
  @Test
  void update_twoModelsInTwoThreads() throws Exception {
    List<String> alone = List.of(taught(1, null), taught(2, null));
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      CyclicBarrier together = new CyclicBarrier(2);
      Future<String> one = threads.submit(() -> taught(1, together));
      Future<String> two = threads.submit(() -> taught(2, together));
      assertThat(List.of(one.get(60, TimeUnit.SECONDS), two.get(60, TimeUnit.SECONDS)))
          .isEqualTo(alone);
    } finally {
      threads.shutdownNow();
    }
  }

  private static String taught(long seed, CyclicBarrier together) throws Exception {
    try (TrainableCausalLm model = TinyModel.gpt2(seed);
        Updates updates =
            new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-3), 7)) {
      for (int step = 0; step < 5; step++) {
        if (together != null) {
          together.await(30, TimeUnit.SECONDS);
        }
        updates.update(RAGGED);
      }
      return WeightsDigest.of(model);
    }
  }

  private static UpdateResult update(
      TrainableCausalLm model, Objective objective, double rate, int microBatchTokens) {
    try (Updates updates = new Updates(model, objective, Optimizers.sgd(rate), microBatchTokens)) {
      return updates.update(RAGGED);
    }
  }

  /** One update of a new GPT-2 and of a new GPT-Neo. */
  private static List<BiFunction<Objective, Integer, Outcome>> models() {
    return List.of(
        (objective, tokens) -> updated(TinyModel.gpt2(1), objective, tokens),
        (objective, tokens) -> updated(TinyModel.gptNeo(1), objective, tokens));
  }

  private static Outcome updated(TrainableCausalLm model, Objective objective, int tokens) {
    try (model) {
      UpdateResult result = update(model, objective, 0.1, tokens);
      return new Outcome(result, values(model));
    }
  }

  private static Map<String, float[]> values(TrainableCausalLm model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    model.parameters().forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  private static float distance(Outcome one, Outcome two) {
    return distance(one.values, two.values);
  }

  private static float distance(Map<String, float[]> one, Map<String, float[]> two) {
    float largest = 0;
    for (Map.Entry<String, float[]> entry : one.entrySet()) {
      float[] other = two.get(entry.getKey());
      for (int i = 0; i < other.length; i++) {
        largest = Math.max(largest, Math.abs(entry.getValue()[i] - other[i]));
      }
    }
    return largest;
  }

  private static double loss(TrainableCausalLm model, List<TokenSequence> sequences) {
    return model.score(sequences).stream().mapToDouble(TokenScores::negativeLogLikelihood).sum()
        / TARGETS;
  }

  /** The gradient of the mean loss, in one pass over everything. */
  private static Map<String, float[]> lossGradients(
      TrainableCausalLm model, List<TokenSequence> sequences) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), sequences);
        Torch.GradientMode on = Torch.gradientsOn()) {
      Pass pass = model.pass(batch);
      NDArray loss = pass.logProbabilities().mul(batch.targetMask()).sum().div(-(float) TARGETS);
      Torch.backward(loss, batch.manager().ones(new Shape()));
      pass.backward();
    }
    return gradients(model);
  }

  private static Map<String, float[]> gradients(TrainableCausalLm model) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    model
        .parameters()
        .forEach(
            (name, array) -> {
              try (NDArray gradient = array.getGradient()) {
                gradients.put(name, gradient.toFloatArray());
              }
            });
    return gradients;
  }

  private static TokenSequence sequence(long seed, int length, int promptLength) {
    return TinyModel.random(seed, 1, length).get(0).withPromptLength(promptLength);
  }

  private record Outcome(UpdateResult result, Map<String, float[]> values) {}
}
