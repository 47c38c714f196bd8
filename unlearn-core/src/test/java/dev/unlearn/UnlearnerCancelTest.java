package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.stop.StoppingCriteria;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
final class UnlearnerCancelTest extends WithRecitingModel {
  private static final ForgetSet SET = TinyModel.recited();

  /** Cancelled at any moment at which a run asks: the weights are the original ones. */
  @ParameterizedTest
  @EnumSource(GiveUp.class)
  void cancelWhen_atEveryStep(GiveUp onGiveUp) {
    AtomicInteger asked = new AtomicInteger();
    ForgetReport whole = forget(recipe(onGiveUp), options(() -> asked.incrementAndGet() < 0));
    int steps = asked.get();
    assertThat(whole.outcome()).isNotEqualTo(Outcome.CANCELLED);
    assertThat(steps).isGreaterThan(20);
    restart();
    for (int step = 1; step <= steps; step += 3) {
      int last = step;
      asked.set(0);
      ForgetReport report =
          forget(recipe(onGiveUp), options(() -> asked.incrementAndGet() >= last));
      assertThat(report.outcome()).as("step %s", step).isEqualTo(Outcome.CANCELLED);
      assertThat(report.reason()).contains("the caller cancelled the run");
      assertThat(report.restored()).isTrue();
      assertThat(report.weightsOfEpoch()).isZero();
      assertThat(report.criterionMet()).isFalse();
      assertThat(report.health()).isEmpty();
      assertThat(WeightsDigest.of(model)).isEqualTo(original);
    }
  }

  @Test
  void cancelWhen_inTheSecondEpoch() {
    AtomicBoolean stop = new AtomicBoolean();
    List<ForgetReport> ended = new ArrayList<>();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            stop.set(progress.epoch() == 2 && progress.phase() == RunProgress.Phase.UPDATING);
          }

          @Override
          public void ended(ForgetReport report) {
            ended.add(report);
          }
        };
    ForgetReport report =
        forget(
            recipe(GiveUp.KEEP_LAST),
            RunOptions.builder().listener(listener).cancelWhen(stop::get).build());
    assertThat(report.reason()).isEqualTo("cancelled in epoch 2: the caller cancelled the run");
    assertThat(report.epochCount()).isEqualTo(1);
    assertThat(report.digests())
        .containsEntry("model.before", original)
        .containsEntry("model.after", original);
    assertThat(ended).containsExactly(report);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** Neither a gradient of the set stays nor what closing the optimizer says. */
  @Test
  void cancelWhen_insideAnUpdate() {
    AtomicBoolean stop = new AtomicBoolean();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            stop.set(progress.phase() == RunProgress.Phase.UPDATING && progress.doneTokens() > 0);
          }
        };
    ForgetReport report =
        forget(
            Unlearner.builder()
                .optimizer(notClosing())
                .microBatchTokens(24)
                .stopWhen(StoppingCriteria.maxEpochs(3)),
            RunOptions.builder().listener(listener).cancelWhen(stop::get).build());
    assertThat(report.reason()).isEqualTo("cancelled in epoch 1: the caller cancelled the run");
    for (NDArray parameter : model.parameters().values()) {
      try (NDArray gradient = parameter.getGradient()) {
        assertThat(gradient.toFloatArray()).containsOnly(0f);
      }
    }
  }

  private static Optimizer notClosing() {
    return new Optimizer() {
      @Override
      public OptimizerState start(NDManager manager, List<NDArray> parameters) {
        return new OptimizerState() {
          @Override
          public void update(List<NDArray> gradients) {}

          @Override
          public void close() {
            throw new IllegalStateException("boom");
          }
        };
      }

      @Override
      public String description() {
        return "not closing";
      }
    };
  }

  @Test
  void deadline_passed() {
    Instant deadline = Instant.now().minusSeconds(1);
    ForgetReport report =
        forget(recipe(GiveUp.RESTORE), RunOptions.builder().deadline(deadline).build());
    assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(report.reason())
        .isEqualTo("cancelled before epoch 0: the deadline, " + deadline + ", has passed");
    assertThat(report.epochs()).isEmpty();
    assertThat(report.before()).isEmpty();
    assertThat(report.after()).isEmpty();
    assertThat(report.epochCount()).isZero();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void deadline_later() {
    ForgetReport report =
        forget(
            recipe(GiveUp.KEEP_LAST),
            RunOptions.builder().deadline(Instant.now().plusSeconds(3600)).build());
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
  }

  @Test
  void interrupt_staysSet() {
    UnlearningListener interrupting =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            if (progress.epoch() == 1) {
              Thread.currentThread().interrupt();
            }
          }
        };
    ForgetReport report =
        forget(recipe(GiveUp.RESTORE), RunOptions.builder().listener(interrupting).build());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(report.reason()).isEqualTo("cancelled in epoch 1: the thread was interrupted");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** Code in between, which catches everything, changes nothing. */
  @Test
  void cancelWhen_wrappedOnTheWay() {
    AtomicBoolean stop = new AtomicBoolean();
    UnlearnerBuilder recipe =
        Unlearner.builder()
            .stopWhen(
                progress -> {
                  stop.set(true);
                  try {
                    throw new AssertionError(progress.measure(ExtractionLikelihood.of(3)).key());
                  } catch (RuntimeException e) {
                    throw new IllegalStateException("wrapped", e);
                  }
                });
    ForgetReport report = forget(recipe, options(stop::get));
    assertThat(report.reason()).isEqualTo("cancelled in epoch 0: the caller cancelled the run");
  }

  @Test
  void cancelWhen_throws() {
    AtomicInteger asked = new AtomicInteger();
    IllegalStateException boom = new IllegalStateException("boom");
    ForgetFailedException failure =
        catchThrowableOfType(
            ForgetFailedException.class,
            () ->
                forget(
                    recipe(GiveUp.RESTORE),
                    options(
                        () -> {
                          if (asked.incrementAndGet() > 20) {
                            throw boom;
                          }
                          return false;
                        })));
    assertThat(failure).hasCause(boom);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  private void restart() {
    closeModel();
    openModel();
  }

  private ForgetReport forget(UnlearnerBuilder recipe, RunOptions options) {
    return recipe.build().forget(model, SET, options);
  }

  private static RunOptions options(BooleanSupplier cancelWhen) {
    return RunOptions.builder().cancelWhen(cancelWhen).build();
  }

  private static UnlearnerBuilder recipe(GiveUp onGiveUp) {
    return Unlearner.builder()
        .unseen(TinyModel.unseen())
        .healthBound(Recipes.ANYTHING)
        .optimizer(Optimizers.adam(1e-3))
        .onGiveUp(onGiveUp)
        .microBatchTokens(24)
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), 0.01)
                .or(StoppingCriteria.maxEpochs(3)));
  }
}
