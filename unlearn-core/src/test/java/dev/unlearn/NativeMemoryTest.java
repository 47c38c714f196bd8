package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Nothing that a run allocates stays below the model's manager. */
@Tag("engine")
final class NativeMemoryTest {
  private static final ForgetSet SET = TinyModel.recited();
  private static final Corpus UNSEEN = TinyModel.unseen();

  @Test
  void forget_manyTimes() {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      int before = managed(model);
      Unlearner unlearner =
          Unlearner.builder()
              .unseen(UNSEEN)
              .order(3)
              .maxEpochs(4)
              .healthBound(new HealthBound(0, 0))
              .strategy(Strategies.sequential(2))
              .optimizer(Optimizers.adam(1e-3))
              .microBatchTokens(24)
              .build();
      for (int call = 1; call <= 3; call++) {
        assertThat(unlearner.forget(model, SET).restored()).isTrue();
      }
      int afterThree = managed(model);
      for (int call = 4; call <= 10; call++) {
        assertThat(unlearner.forget(model, SET).restored()).isTrue();
      }
      assertThat(managed(model)).isEqualTo(afterThree).isEqualTo(before);
    }
  }

  @Test
  void forget_everyWayToEnd() {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      int before = managed(model);
      assertThat(
              recipe()
                  .stopWhen(p -> p.epoch() < 2 ? Decision.proceed() : Decision.forgotten("enough"))
                  .build()
                  .forget(model, SET)
                  .outcome())
          .isEqualTo(Outcome.FORGOTTEN);
      assertThat(managed(model)).isEqualTo(before);

      assertThat(
              recipe()
                  .objective(c -> c.forget().pass().logits().mean().mul(Float.NaN))
                  .stopWhen(StoppingCriteria.maxEpochs(2))
                  .build()
                  .forget(model, SET)
                  .outcome())
          .isEqualTo(Outcome.DIVERGED);
      assertThat(managed(model)).isEqualTo(before);

      Unlearner failing =
          recipe()
              .objective(c -> c.forget().pass().hiddenStates(1))
              .stopWhen(StoppingCriteria.maxEpochs(2))
              .build();
      assertThatThrownBy(() -> failing.forget(model, SET)).isInstanceOf(UnlearningException.class);
      assertThat(managed(model)).isEqualTo(before);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void forget_hundredsOfTimes_residentMemoryIsFlat() throws Exception {
    assertFlat(300, 4L << 20);
  }

  @Test
  @Tag("fault")
  @EnabledOnOs(OS.LINUX)
  void forget_aThousandTimes_residentMemoryIsFlat() throws Exception {
    assertFlat(1000, 8L << 20);
  }

  /**
   * In a process of its own, whose heap is resident from the start and whose compiler is the small
   * one, so that what grows is native memory. The margin is for compiled code and classes, which
   * still come after a hundred calls. One copy of the weights that stays per call would be 30 kB: 6
   * MB in the next two hundred, 27 MB in nine hundred.
   */
  private static void assertFlat(int calls, long marginBytes) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.pytorch.num_interop_threads=1",
                "-DOPT_OUT_TRACKING=true",
                "-Dai.djl.offline=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                ManyForgetCalls.class.getName(),
                Integer.toString(calls))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> resident;
    try (BufferedReader lines = process.inputReader()) {
      resident = lines.lines().map(Long::valueOf).toList();
    }
    assertThat(process.waitFor()).isZero();
    assertThat(resident).hasSize(2);
    assertThat(resident.get(1) - resident.get(0)).isLessThan(marginBytes);
  }

  private static UnlearnerBuilder recipe() {
    return Unlearner.builder().optimizer(Optimizers.sgd(1e-3)).microBatchTokens(24);
  }

  private static int managed(TrainableCausalLm model) {
    return model.manager().getManagedArrays().size();
  }
}
