package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.RunOptions;
import dev.unlearn.TinyModel;
import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.fault.Fuse.Part;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a part of a run throws, and whoever stops it at whichever moment: the model has its
 * original weights again, and the same call, made once more, comes to the end of an undisturbed
 * run, bit for bit.
 */
@ExtendWith(FaultCount.class)
final class FailingRunTest {
  private static final ForgetSet SET = TinyModel.recited();
  private static final int FEW = 2;
  private static final int ALL = Integer.MAX_VALUE;

  private static final List<Supplier<Throwable>> FAILURES =
      List.of(
          () -> new IllegalStateException("boom"),
          () -> new OutOfMemoryError("Java heap space"),
          () -> new StackOverflowError("boom"),
          () -> new AssertionError("boom"),
          () -> new IOException("boom"));

  private final Fuse fuse = new Fuse();
  private final AtomicBoolean spoilt = new AtomicBoolean();
  private final Unlearner unlearner = new FusedRecipe(fuse, spoilt).unlearner();
  private final Random random = new Random(1);
  private int failure;

  @TempDir private Path temporary;
  private String original;
  private String expected;

  @BeforeEach
  void runUndisturbed() throws IOException {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      original = WeightsDigest.of(model);
      ForgetReport report = forget(model, folder());
      assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
      expected = WeightsDigest.of(model);
      assertThat(expected).isNotEqualTo(original);
    }
  }

  @Test
  @Tag("engine")
  void forget_partFails() throws Exception {
    failing(FEW);
  }

  @Test
  @Tag("fault")
  void forget_partFailsAtEveryCall() throws Exception {
    failing(ALL);
  }

  private void failing(int calls) throws Exception {
    for (Part part : Part.values()) {
      for (int call : calls(part, calls)) {
        // The failures in turn at few calls, every one at every call.
        for (int i = 0; i < (calls == ALL ? FAILURES.size() : 1); i++) {
          failing(part, call, FAILURES.get(failure++ % FAILURES.size()).get());
        }
      }
    }
  }

  private void failing(Part part, int call, Throwable thrown) throws Exception {
    Path folder = folder();
    Fault.PART_FAILED.injected();
    try (TrainableCausalLm model = TinyModel.reciting()) {
      int depth = random.nextInt(500);
      fuse.at(part, call, () -> throwAt(depth, thrown));
      boolean listener = part == Part.PROGRESS_LISTENER || part == Part.EPOCH_LISTENER;
      String what = "%s, call %s: %s".formatted(part, call, thrown);
      if (listener && thrown instanceof RuntimeException) {
        // A listener only looks on.
        assertThat(forget(model, folder).outcome()).as(what).isEqualTo(Outcome.FORGOTTEN);
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(expected);
      } else {
        assertThatThrownBy(() -> forget(model, folder))
            .as(what)
            .satisfiesAnyOf(
                e -> assertThat(e).isSameAs(thrown), // before anything was touched
                e ->
                    assertThat(e)
                        .isInstanceOf(ForgetFailedException.class)
                        .hasMessageEndingWith("; the original weights are restored")
                        .hasCause(thrown));
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(original);
        assertWorks(model, folder, what);
      }
    }
    Fault.PART_FAILED.survived();
  }

  private static void throwAt(int depth, Throwable thrown) throws Throwable {
    if (depth > 0) {
      throwAt(depth - 1, thrown);
    } else {
      throw thrown;
    }
  }

  @Test
  @Tag("engine")
  void forget_stopped() throws Exception {
    stopping(FEW);
  }

  @Test
  @Tag("fault")
  void forget_stoppedAtEveryStep() throws Exception {
    stopping(ALL);
  }

  private void stopping(int calls) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    for (int call : calls(Part.CANCEL_WHEN, calls)) {
      stopping(Fault.CANCELLED, call, () -> stop.set(true), stop);
      stopping(Fault.INTERRUPTED, call, () -> Thread.currentThread().interrupt(), stop);
    }
  }

  private void stopping(Fault fault, int call, Fuse.Action action, AtomicBoolean stop)
      throws Exception {
    Path folder = folder();
    String what = fault + " at call " + call;
    fault.injected();
    try (TrainableCausalLm model = TinyModel.reciting()) {
      fuse.at(Part.CANCEL_WHEN, call, action);
      ForgetReport report = unlearner.forget(model, SET, options(folder, stop));
      assertThat(Thread.interrupted()).as(what).isEqualTo(fault == Fault.INTERRUPTED);
      stop.set(false);
      if (report.outcome() == Outcome.CANCELLED) {
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(original);
        assertWorks(model, folder, what);
      } else {
        // It was at its end.
        assertThat(call).as(what).isEqualTo(fuse.calls(Part.CANCEL_WHEN));
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(expected);
      }
    }
    fault.survived();
  }

  @Test
  @Tag("engine")
  void forget_lossIsNotANumber() throws Exception {
    for (int call : calls(Part.OBJECTIVE, ALL)) {
      Path folder = folder();
      String what = "NaN at call " + call;
      Fault.NOT_A_NUMBER.injected();
      try (TrainableCausalLm model = TinyModel.reciting()) {
        fuse.at(Part.OBJECTIVE, call, () -> spoilt.set(true));
        assertThat(forget(model, folder).outcome()).as(what).isEqualTo(Outcome.DIVERGED);
        assertThat(WeightsDigest.of(model)).as(what).isEqualTo(original);
        spoilt.set(false);
        assertWorks(model, folder, what);
      }
      Fault.NOT_A_NUMBER.survived();
    }
  }

  /** Somebody deletes the folder that the run writes into. */
  @Test
  @Tag("engine")
  void forget_folderGone() throws Exception {
    for (int call : calls(Part.EPOCH_LISTENER, ALL)) {
      Path folder = folder();
      Fault.FOLDER_GONE.injected();
      try (TrainableCausalLm model = TinyModel.reciting()) {
        fuse.at(Part.EPOCH_LISTENER, call, () -> delete(folder));
        String what = "gone in epoch line " + call;
        try {
          assertThat(forget(model, folder).outcome()).as(what).isEqualTo(Outcome.FORGOTTEN);
          assertThat(WeightsDigest.of(model)).as(what).isEqualTo(expected);
        } catch (ForgetFailedException e) {
          assertThat(e).as(what).hasMessageContaining(folder.toString());
          assertThat(WeightsDigest.of(model)).as(what).isEqualTo(original);
          assertWorks(model, folder, what);
        }
      }
      Fault.FOLDER_GONE.survived();
    }
  }

  /** Neither another run of the model nor another run in the folder disturbs the first. */
  @Test
  @Tag("engine")
  void forget_secondRun() throws Exception {
    for (int call : calls(Part.PROGRESS_LISTENER, 6)) {
      Path folder = folder();
      Fault.SECOND_RUN.injected();
      try (TrainableCausalLm model = TinyModel.reciting();
          TrainableCausalLm other = TinyModel.reciting()) {
        Unlearner second = new FusedRecipe(new Fuse(), new AtomicBoolean()).unlearner();
        AtomicBoolean refused = new AtomicBoolean();
        fuse.at(
            Part.PROGRESS_LISTENER,
            call,
            () -> {
              assertRefused(() -> second.forget(model, SET));
              CompletableFuture.runAsync(() -> assertRefused(() -> second.forget(model, SET)))
                  .join();
              RunOptions same = RunOptions.builder().workDirectory(folder).build();
              assertRefused(() -> second.forget(other, SET, same));
              refused.set(true);
            });
        assertThat(forget(model, folder).outcome()).isEqualTo(Outcome.FORGOTTEN);
        assertThat(refused).isTrue();
        assertThat(WeightsDigest.of(model)).isEqualTo(expected);
        assertThat(WeightsDigest.of(other)).isEqualTo(original);
      }
      Fault.SECOND_RUN.survived();
    }
  }

  private static void assertRefused(Supplier<ForgetReport> second) {
    assertThatThrownBy(second::get).isInstanceOf(IllegalStateException.class);
  }

  private void assertWorks(TrainableCausalLm model, Path folder, String what) {
    fuse.putOut();
    assertThat(forget(model, folder).outcome()).as(what).isEqualTo(Outcome.FORGOTTEN);
    assertThat(WeightsDigest.of(model)).as(what).isEqualTo(expected);
    assertThat(folder).as(what).isEmptyDirectory();
  }

  private ForgetReport forget(TrainableCausalLm model, Path folder) {
    return unlearner.forget(model, SET, options(folder, new AtomicBoolean()));
  }

  private RunOptions options(Path folder, AtomicBoolean stop) {
    return RunOptions.builder()
        .workDirectory(folder)
        .listener(fuse.listener())
        .cancelWhen(
            () -> {
              fuse.called(Part.CANCEL_WHEN);
              return stop.get();
            })
        .build();
  }

  /** Returns some calls of a part in a whole run, evenly spread, the last one among them. */
  private int[] calls(Part part, int wanted) throws IOException {
    fuse.putOut();
    try (TrainableCausalLm model = TinyModel.reciting()) {
      assertThat(forget(model, folder()).criterionMet()).isTrue();
    }
    int all = fuse.calls(part);
    int count = Math.min(all, wanted);
    return Stream.iterate(1, i -> i <= count, i -> i + 1)
        .mapToInt(i -> (int) ((long) i * all / count))
        .toArray();
  }

  private Path folder() throws IOException {
    return Files.createTempDirectory(temporary, "work");
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
