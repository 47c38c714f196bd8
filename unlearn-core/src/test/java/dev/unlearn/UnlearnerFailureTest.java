package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
final class UnlearnerFailureTest extends WithRecitingModel {
  private static final ForgetSet SET = TinyModel.recited();
  private static final String CUSTOM = "custom, or max-epochs(100)";
  private static final StoppingCriterion AFTER_THREE =
      progress -> progress.epoch() < 3 ? Decision.proceed() : Decision.forgotten("enough");

  @ParameterizedTest
  @EnumSource(GiveUp.class)
  void objective_becomesNaN(GiveUp onGiveUp) {
    int[] calls = {0};
    Objective objective = context -> ascent(context).mul(++calls[0] < 3 ? 1 : Float.NaN);
    ForgetReport report =
        recipe().objective(objective).onGiveUp(onGiveUp).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(report.reason())
        .startsWith("in epoch 3 loss, objective or gradient became NaN or infinite: ")
        .contains("objective=NaN");
    assertThat(report.criterionMet()).isFalse();
    assertThat(report.restored()).isTrue();
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(report.epochs().get(3).objective()).hasValue(Double.NaN);
    assertThat(report.epochs().get(3).loss().getAsDouble()).isPositive();
    assertThat(report.epochs().get(3).decision())
        .isEqualTo(
            Decision.giveUp("in epoch 3 loss, objective or gradient became NaN or infinite"));
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** Other languages' lambdas may throw what the signature does not name. */
  @Test
  void criterion_throwsUnchecked() {
    IOException boom = new IOException("boom");
    StoppingCriterion criterion =
        progress -> {
          if (progress.epoch() == 2) {
            UnlearnerFailureTest.<RuntimeException>sneak(boom);
          }
          return Decision.proceed();
        };
    assertFails(
        Unlearner.builder().stopWhen(criterion),
        boom,
        "unlearning failed in epoch 2 (IOException: boom); the original weights are restored");
  }

  @Test
  void criterion_decidesNothingThatCanBe() {
    assertDecisionRefused(
        null, "a stopping criterion must return a decision, but returned null: " + CUSTOM);
    String rule =
        "a stopping criterion must name sequences of the lot by indices in [0, "
            + SET.size()
            + "), but named ";
    assertDecisionRefused(
        Decision.proceed(List.of(0, SET.size())), rule + SET.size() + ": " + CUSTOM);
    assertDecisionRefused(Decision.forgotten("enough", List.of(-1)), rule + "-1: " + CUSTOM);
  }

  private void assertDecisionRefused(@Nullable Decision decision, String message) {
    assertFails(
        Unlearner.builder()
            .stopWhen(
                new StoppingCriterion() {
                  @Override
                  @SuppressWarnings("NullAway") // breaks its contract
                  public Decision evaluate(EpochProgress progress) {
                    return progress.epoch() < 2 ? Decision.proceed() : decision;
                  }

                  @Override
                  public String description() {
                    return "custom";
                  }
                }),
        new IllegalStateException(message),
        "unlearning failed in epoch 2 (IllegalStateException: "
            + message
            + "); the original weights are restored");
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Exception> void sneak(Exception e) throws E {
    throw (E) e;
  }

  @Test
  void objective_infinite() {
    Objective objective = context -> ascent(context).mul(0).add(Float.POSITIVE_INFINITY);
    ForgetReport report = recipe().objective(objective).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /**
   * A finite gradient and a huge learning rate: the update itself destroys the weights. Such a
   * model predicts nothing, so to a metric it looks as if everything were forgotten.
   */
  @Test
  void weights_becomeInfinite() {
    StoppingCriterion criterion =
        progress ->
            progress.measure(MemorizationAccuracy.of()).value() < 0.5
                ? Decision.forgotten("low")
                : progress.epoch() < 3 ? Decision.proceed() : Decision.giveUp("late");
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.sgd(1e39))
            .stopWhen(criterion)
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(report.restored()).isTrue();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void criterion_throws() {
    IllegalStateException boom = new IllegalStateException("boom");
    StoppingCriterion criterion =
        progress -> {
          if (progress.epoch() == 2) {
            throw boom;
          }
          return Decision.proceed();
        };
    assertFails(
        Unlearner.builder().stopWhen(criterion),
        boom,
        "unlearning failed in epoch 2 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  /** An error of the heap, and what PyTorch's allocator says. */
  @Test
  void memory_runsOut() {
    OutOfMemoryError heap = new OutOfMemoryError("Java heap space");
    assertFails(
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(
                progress -> {
                  if (progress.epoch() == 2) {
                    throw heap;
                  }
                  return Decision.proceed();
                }),
        heap,
        "unlearning failed in epoch 2 (OutOfMemoryError: Java heap space);"
            + " the original weights are restored");
    Objective tooLarge =
        context -> {
          NDArray loss = ascent(context);
          return loss.add(loss.getManager().zeros(new Shape(1L << 50)).sum());
        };
    assertThatThrownBy(() -> forget(recipe().objective(tooLarge)))
        .isInstanceOf(ForgetFailedException.class)
        .hasMessageContaining("the original weights are restored")
        .hasRootCauseInstanceOf(EngineException.class);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** A weight that is freed cannot be restored: nobody must take the model for the original one. */
  @Test
  void weights_cannotBeRestored() {
    IllegalStateException boom = new IllegalStateException("boom");
    ForgetFailedException failure =
        catchThrowableOfType(
            ForgetFailedException.class,
            () ->
                forget(
                    Unlearner.builder()
                        .optimizer(Optimizers.adam(1e-3))
                        .stopWhen(
                            progress -> {
                              if (progress.epoch() == 2) {
                                model.parameters().values().iterator().next().close();
                                throw boom;
                              }
                              return Decision.proceed();
                            })));
    assertThat(failure)
        .hasMessage(
            "unlearning failed in epoch 2 (IllegalStateException: boom);"
                + " the original weights could NOT be restored: load the model again")
        .hasCause(boom);
    assertThat(boom.getSuppressed()).isNotEmpty();
    assertThat(failure.report().restored()).isFalse();
    assertThat(failure.report().digests()).doesNotContainKey("model.after");
  }

  /** After the checks and before the copy of the weights: nothing was touched. */
  @Test
  void memory_runsOutWhileHealthIsMeasured() {
    OutOfMemoryError heap = new OutOfMemoryError("Java heap space");
    int[] calls = {0};
    TrainableCausalLm failing =
        new DelegatingCausalLm(model) {
          @Override
          public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
            if (++calls[0] == 2) {
              throw heap;
            }
            return super.score(sequences, detail);
          }
        };
    Unlearner unlearner = recipe().unseen(TinyModel.unseen()).build();
    ForgetFailedException failure =
        catchThrowableOfType(ForgetFailedException.class, () -> unlearner.forget(failing, SET));
    assertThat(failure).hasCause(heap).hasMessageEndingWith("the original weights are restored");
    Recipes.assertRestored(failure.report(), model, original);
  }

  @Test
  void metric_throws() {
    IllegalStateException boom = new IllegalStateException("boom");
    Metric metric = new ThrowingMetric(boom);
    StoppingCriterion criterion =
        progress ->
            progress.epoch() < 1
                ? Decision.proceed()
                : Decision.giveUp(progress.measure(metric).key());
    assertFails(
        Unlearner.builder().stopWhen(criterion),
        boom,
        "unlearning failed in epoch 1 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  @Test
  void metric_throwsInTheFirstMeasurement() {
    IllegalStateException boom = new IllegalStateException("boom");
    StoppingCriterion criterion =
        new StoppingCriterion() {
          @Override
          public Decision evaluate(dev.unlearn.spi.EpochProgress progress) {
            return Decision.giveUp("never asked");
          }

          @Override
          public List<Metric> metrics() {
            return List.of(new ThrowingMetric(boom));
          }
        };
    assertFails(
        Unlearner.builder().stopWhen(criterion),
        boom,
        "unlearning failed in epoch 0 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  @Test
  void objective_throws() {
    IllegalStateException boom = new IllegalStateException("boom");
    int[] calls = {0};
    Objective objective =
        context -> {
          if (++calls[0] == 4) {
            throw boom;
          }
          return ascent(context);
        };
    // Three micro-batches per update: the fourth is the first of the second.
    assertFails(
        recipe().objective(objective).microBatchTokens(24),
        boom,
        "unlearning failed in epoch 2 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  @Test
  void objective_returnsNoScalar() {
    Objective objective = context -> context.forget().pass().logProbabilities().neg();
    Throwable thrown = catchThrowable(() -> forget(recipe().objective(objective)));
    assertThat(thrown)
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "unlearning failed in epoch 1 (IllegalStateException: objective custom objective must"
                + " return a scalar of shape (), but returned: (6, 11)); the original weights are"
                + " restored");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void optimizer_throwsHalfWay() {
    IllegalStateException boom = new IllegalStateException("boom");
    Optimizer optimizer =
        new Optimizer() {
          @Override
          public OptimizerState start(NDManager manager, List<NDArray> parameters) {
            return new OptimizerState() {
              @Override
              public void update(List<NDArray> gradients) {
                try (OptimizerState sgd =
                    Optimizers.sgd(1).start(manager, parameters.subList(0, 3))) {
                  sgd.update(gradients.subList(0, 3));
                }
                throw boom;
              }

              @Override
              public void close() {}
            };
          }

          @Override
          public String description() {
            return "broken";
          }
        };
    assertFails(
        Unlearner.builder().stopWhen(AFTER_THREE).optimizer(optimizer),
        boom,
        "unlearning failed in epoch 1 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  @Test
  void strategy_throws() {
    IllegalStateException boom = new IllegalStateException("boom");
    int[] calls = {0};
    assertFails(
        recipe()
            .strategy(
                (set, history) -> {
                  if (++calls[0] == 2) {
                    throw boom;
                  }
                  return Optional.of(Lot.of(List.of(0)));
                }),
        boom,
        "unlearning failed in epoch 3 (IllegalStateException: boom);"
            + " the original weights are restored");
  }

  @Test
  void strategy_indexOutsideTheSet() {
    assertThatThrownBy(
            () -> forget(recipe().strategy((set, history) -> Optional.of(Lot.of(List.of(6))))))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("unlearning failed in epoch 0 (")
        .hasMessageEndingWith("); the original weights are restored");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void criterion_throwsError() {
    AssertionError boom = new AssertionError("boom");
    StoppingCriterion criterion =
        progress -> {
          if (progress.epoch() == 1) {
            throw boom;
          }
          return Decision.proceed();
        };
    assertFails(
        Unlearner.builder().stopWhen(criterion),
        boom,
        "unlearning failed in epoch 1 (AssertionError: boom);"
            + " the original weights are restored");
  }

  @Test
  void model_worksAfterAFailure() {
    assertThatThrownBy(
            () ->
                forget(
                    recipe()
                        .objective(
                            context -> {
                              throw new IllegalStateException("boom");
                            })))
        .isInstanceOf(UnlearningException.class);
    String afterFailure = digestAfterThreeEpochs(model);
    try (TrainableCausalLm untouched = TinyModel.reciting()) {
      assertThat(afterFailure).isEqualTo(digestAfterThreeEpochs(untouched));
    }
  }

  private void assertFails(UnlearnerBuilder builder, Throwable cause, String message) {
    List<ForgetReport> heard = new ArrayList<>();
    ForgetFailedException failure =
        catchThrowableOfType(
            ForgetFailedException.class,
            () -> builder.onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET, hearing(heard)));
    assertThat(failure).hasMessage(message).hasCause(cause);
    assertThat(heard).containsExactly(failure.report());
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
    ForgetReport report = failure.report();
    assertThat(report.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(report.reason())
        .matches("failed in epoch \\d by " + Pattern.quote(cause.getClass().getName()));
    assertThat(report.criterionMet()).isFalse();
    Recipes.assertRestored(report, model, original);
  }

  /** A run that was refused has not begun, so it does not end. */
  @Test
  void refusal_isNotHeard() {
    List<ForgetReport> heard = new ArrayList<>();
    ForgetSet foreign = ForgetSet.of(TokenSequence.of(1, 99, 2));
    assertThatThrownBy(() -> recipe().build().forget(model, foreign, hearing(heard)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(heard).isEmpty();
  }

  private static RunOptions hearing(List<ForgetReport> heard) {
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void ended(ForgetReport report) {
            heard.add(report);
          }
        };
    return RunOptions.builder().listener(listener).build();
  }

  private ForgetReport forget(UnlearnerBuilder builder) {
    return builder.build().forget(model, SET);
  }

  private static String digestAfterThreeEpochs(TrainableCausalLm model) {
    return recipe().build().forget(model, SET).digests().get("model.after");
  }

  private static UnlearnerBuilder recipe() {
    return Unlearner.builder().optimizer(Optimizers.adam(1e-3)).stopWhen(AFTER_THREE);
  }

  private static NDArray ascent(ObjectiveContext context) {
    return context.forget().tokenMean(context.forget().pass().logProbabilities());
  }

  private record ThrowingMetric(RuntimeException exception) implements Metric {
    @Override
    public String key() {
      return "throwing";
    }

    @Override
    public MetricResult measure(CausalLm lm, List<TokenSequence> sequences) {
      throw exception;
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }
}
