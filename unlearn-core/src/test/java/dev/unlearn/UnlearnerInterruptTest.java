package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupt while an epoch is written closes the file; the run is cancelled all the same. */
@Tag("engine")
final class UnlearnerInterruptTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void forget_interruptedWhileAnEpochIsWritten(int epoch) {
    String whole;
    try (TrainableCausalLm model = TinyModel.reciting()) {
      ForgetReport report = forget(model, RunOptions.builder().build());
      assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
      whole = report.digests().get("model.after");
    }
    UnlearningListener interrupting =
        new UnlearningListener() {
          @Override
          public void epochEnded(EpochReport report) {
            if (report.epoch() == epoch) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (TrainableCausalLm model = TinyModel.reciting()) {
      String before = WeightsDigest.of(model);
      ForgetReport report =
          forget(model, RunOptions.builder().workDirectory(folder).listener(interrupting).build());
      assertThat(Thread.interrupted()).isTrue();
      assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
      assertThat(report.reason()).endsWith("the thread was interrupted");
      assertThat(WeightsDigest.of(model)).isEqualTo(before);

      ForgetReport resumed = forget(model, RunOptions.builder().workDirectory(folder).build());
      assertThat(resumed.resumedAfter()).hasValue(epoch);
      assertThat(resumed.digests()).containsEntry("model.after", whole);
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void forget_interruptedBeforeItBegins() {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      RunOptions options = RunOptions.builder().workDirectory(folder).build();
      Thread.currentThread().interrupt();
      ForgetReport report = forget(model, options);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
    }
    assertThat(folder).isEmptyDirectory();
  }

  private static ForgetReport forget(TrainableCausalLm model, RunOptions options) {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(2e-3))
        .onGiveUp(GiveUp.KEEP_LAST)
        .stopWhen(StoppingCriteria.maxEpochs(3))
        .build()
        .forget(model, TinyModel.recited(), options);
  }
}
