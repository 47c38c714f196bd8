package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.TinyModel;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs for which memory is said to be short. */
@Tag("engine")
final class ForgetRunMemoryTest {
  /** 1,008 tokens. */
  private static final ForgetSet SET = ForgetSet.of(TinyModel.random(1, 84, 12));

  @TempDir private Path folder;
  private TrainableCausalLm model;
  private String original;

  @BeforeEach
  void openModel() {
    model = TinyModel.gpt2(1);
    original = WeightsDigest.of(model);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private void openAgain() {
    closeModel();
    openModel();
  }

  @Test
  void originalOnDisk_sameWeights() {
    long all = MemoryPlan.withMargin(plan(Long.MAX_VALUE).neededBytes());
    ForgetReport inMemory =
        run(GiveUp.KEEP_LAST, all, Optional.empty(), ForgetRunMemoryTest::never);
    assertThat(inMemory.settings().get("planned"))
        .startsWith("4096 tokens at a time, original weights in memory");
    openAgain();
    ForgetReport onDisk =
        run(GiveUp.KEEP_LAST, all - 1, Optional.empty(), ForgetRunMemoryTest::never);
    assertThat(onDisk.settings().get("planned"))
        .startsWith("4096 tokens at a time, original weights on disk");
    assertThat(onDisk.digests()).isEqualTo(inMemory.digests());
  }

  @Test
  void originalOnDisk_comesBack() {
    long all = MemoryPlan.withMargin(plan(Long.MAX_VALUE).neededBytes());
    ForgetReport report =
        run(GiveUp.RESTORE, all - 1, Optional.of(folder), ForgetRunMemoryTest::never);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.restored()).isTrue();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
    assertThat(folder).isEmptyDirectory();
  }

  /** The sizes of the first run hold; with less memory than they need nothing goes on. */
  @Test
  void resumed_withLessMemoryAndWithMore() {
    long halved = freeFor(504);
    ForgetReport whole =
        run(GiveUp.KEEP_LAST, halved, Optional.empty(), ForgetRunMemoryTest::never);
    assertThat(whole.settings().get("planned")).startsWith("504 tokens");
    openAgain();
    AtomicInteger asked = new AtomicInteger();
    ForgetReport cut =
        run(
            GiveUp.KEEP_LAST,
            freeFor(504),
            Optional.of(folder),
            () -> asked.incrementAndGet() > 10);
    assertThat(cut.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(cut.epochs()).isNotEmpty();
    openAgain();

    assertThatThrownBy(
            () ->
                run(
                    GiveUp.KEEP_LAST,
                    freeFor(252),
                    Optional.of(folder),
                    ForgetRunMemoryTest::never))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "is of a run that computed 504 tokens at a time, but memory is free for 252 only");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);

    ForgetReport resumed =
        run(GiveUp.KEEP_LAST, 1L << 40, Optional.of(folder), ForgetRunMemoryTest::never);
    assertThat(resumed.resumedAfter()).isPresent();
    assertThat(resumed.settings().get("planned")).startsWith("504 tokens");
    assertThat(resumed.digests()).isEqualTo(whole.digests());
  }

  /** Returns memory for which micro-batches have a number of tokens. */
  private long freeFor(int tokens) {
    long free = MemoryPlan.withMargin(plan(Long.MAX_VALUE).neededBytes());
    while (plan(free).microBatchTokens() > tokens) {
      free -= 1 << 10;
    }
    assertThat(plan(free).microBatchTokens()).isEqualTo(tokens);
    return free;
  }

  private MemoryPlan plan(long free) {
    return MemoryPlan.of(model, recipe(GiveUp.RESTORE), SET, List.of(), free);
  }

  private ForgetReport run(
      GiveUp onGiveUp, long free, Optional<Path> work, BooleanSupplier cancelWhen) {
    RunSetup setup =
        new RunSetup(
            new UnlearningListener() {},
            new Cancellation(cancelWhen, null),
            Optional.empty(),
            work,
            Optional.empty(),
            OptionalLong.of(free),
            Optional.empty());
    return new ForgetRun(recipe(onGiveUp), model, SET, setup).execute();
  }

  private static boolean never() {
    return false;
  }

  private static Recipe recipe(GiveUp onGiveUp) {
    return PlainRecipe.ascent(Optimizers.adam(1e-3), 3, onGiveUp);
  }
}
