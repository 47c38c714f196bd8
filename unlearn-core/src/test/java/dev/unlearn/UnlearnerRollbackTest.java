package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class UnlearnerRollbackTest {
  private static final ForgetSet SET = TinyModel.recited();

  private final byte[] key = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32
  };
  private final TrainableCausalLm model = TinyModel.reciting();
  private final String original = WeightsDigest.of(model);

  @TempDir private Path folder;

  @AfterEach
  void close() {
    model.close();
  }

  private static UnlearnerBuilder recipe() {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-2))
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), 0.6)
                .or(StoppingCriteria.maxEpochs(20)));
  }

  private RunOptions.Builder keeping(Path file) {
    return RunOptions.builder().keepRollback(file, key, Duration.ofDays(30));
  }

  @Test
  void forget_thenBringBack() {
    Path file = folder.resolve("rollback");
    Instant begin = Instant.now();
    // With an objective that lets weights and snapshot change places.
    ForgetReport report =
        recipe().objective(Objectives.npo(0.5)).build().forget(model, SET, keeping(file).build());
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
    assertThat(Rollback.expires(file))
        .isBetween(
            begin.plus(Duration.ofDays(30)).minusSeconds(1),
            Instant.now().plus(Duration.ofDays(30)));
    Rollback.apply(model, file, key);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_resumedThenBringBack() {
    Path work = folder.resolve("work");
    Path file = folder.resolve("rollback");
    Unlearner unlearner = recipe().build();
    int[] asked = {0};
    ForgetReport cut =
        unlearner.forget(
            model,
            SET,
            keeping(file).workDirectory(work).cancelWhen(() -> ++asked[0] > 10).build());
    assertThat(cut.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(file).doesNotExist();
    // As if the process had died when the file was there, and the journal still.
    try (TrainableCausalLm other = TinyModel.reciting()) {
      RunOptions earlier =
          RunOptions.builder()
              .keepRollback(file, new byte[Rollback.KEY_BYTES], Duration.ofDays(1))
              .build();
      assertThat(unlearner.forget(other, SET, earlier).outcome()).isEqualTo(Outcome.FORGOTTEN);
    }
    assertThat(file).exists();
    ForgetReport report = unlearner.forget(model, SET, keeping(file).workDirectory(work).build());
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    Rollback.apply(model, file, key);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_bestWeightsKept() {
    Path file = folder.resolve("rollback");
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(
                StoppingCriteria.below(MemorizationAccuracy.of(), 0.01)
                    .or(StoppingCriteria.maxEpochs(2)))
            .onGiveUp(GiveUp.KEEP_BEST)
            .build()
            .forget(model, SET, keeping(file).build());
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    Rollback.apply(model, file, key);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_originalWeightsAreBack() {
    Path file = folder.resolve("rollback");
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-5))
            .stopWhen(
                StoppingCriteria.below(MemorizationAccuracy.of(), 0.01)
                    .or(StoppingCriteria.maxEpochs(1)))
            .build()
            .forget(model, SET, keeping(file).build());
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void forget_fileCannotBeWritten() throws Exception {
    Path kept = Files.createDirectory(folder.resolve("kept"));
    UnlearningListener removing =
        new UnlearningListener() {
          @Override
          public void epochEnded(EpochReport report) {
            try {
              boolean unused = Files.deleteIfExists(kept);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    RunOptions options = keeping(kept.resolve("rollback")).listener(removing).build();
    ForgetFailedException failure =
        catchThrowableOfType(
            ForgetFailedException.class, () -> recipe().build().forget(model, SET, options));
    assertThat(failure).hasMessageContaining("the original weights are restored");
    assertThat(failure.report().outcome()).isEqualTo(Outcome.FAILED);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void forget_fileExists() throws Exception {
    Path file = Files.writeString(folder.resolve("rollback"), "other");
    RunOptions options = keeping(file).build();
    assertThatThrownBy(() -> recipe().build().forget(model, SET, options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollback file must be new, but exists already: " + file);
    assertThat(file).hasContent("other");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }
}
