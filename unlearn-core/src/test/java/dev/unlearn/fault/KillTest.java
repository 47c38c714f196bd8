package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.fault.Child.End;
import dev.unlearn.fault.Child.Task;
import dev.unlearn.fault.ShortRun.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose process is killed, again and again, end as one that was left alone, bit for bit. */
@ExtendWith(FaultCount.class)
final class KillTest {
  private static final Pattern DOCUMENTED =
      Pattern.compile("lock|(journal|((state|best)-\\d+|original)\\.safetensors)(\\.tmp)?");

  /** Kills of one run, at most. */
  private static final int PER_RUN = 5;

  private final AtomicInteger kills = new AtomicInteger();
  private final AtomicInteger tornFiles = new AtomicInteger();
  private final AtomicInteger resumed = new AtomicInteger();
  private final AtomicInteger runs = new AtomicInteger();

  @TempDir private Path temporary;

  @Test
  @Tag("engine")
  void kill_fewTimes() throws Exception {
    Path model = temporary.resolve("model");
    ShortRun.teach(model);
    killed(model, Kind.BEST, 4, 1);
    assertThat(kills.get()).isGreaterThanOrEqualTo(4);
    assertThat(resumed.get()).isPositive();
  }

  @Test
  @Tag("fault")
  void kill_hundredsOfTimes() throws Exception {
    Path model = temporary.resolve("model");
    ShortRun.teach(model);
    // Two at a time: a child needs little more than one core.
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (Kind kind : Kind.values()) {
        Callable<Void> task =
            () -> {
              killed(model, kind, 44, kind.name().hashCode());
              return null;
            };
        all.add(threads.submit(task));
      }
      for (Future<?> one : all) {
        Object unused = one.get();
      }
    } finally {
      threads.shutdownNow();
    }
    System.out.printf(
        "%d kills of %d runs, %d with a file half written, %d runs resumed%n",
        kills.get(), runs.get(), tornFiles.get(), resumed.get());
    assertThat(kills.get()).isGreaterThanOrEqualTo(200);
    assertThat(resumed.get()).isGreaterThan(runs.get() / 2);
    assertThat(tornFiles.get()).isPositive();
  }

  /** Kills runs of a kind until so many kills have met a run at work. */
  private void killed(Path model, Kind kind, int count, long seed) throws Exception {
    Random random = new Random(seed);
    Path folder = temporary.resolve(kind.name());
    Task task = new Task(model, folder, kind);
    End whole;
    long nanos;
    try (Child child = task.start()) {
      child.awaitBegun();
      long start = System.nanoTime();
      whole = End.of(child.line());
      nanos = System.nanoTime() - start;
    }
    assertThat(whole.epochs()).isEqualTo(kind.epochs);
    assertThat(whole.resumedAfter()).isZero();
    int done = 0;
    // Kills before the first epoch leave nothing to resume: on a slow machine some more are needed.
    while (done < count || (resumed.get() == 0 && done < 3 * count)) {
      done += killedThenEnded(task, whole, nanos, random);
    }
  }

  /** Returns how often the run was killed before it came to its end. */
  private int killedThenEnded(Task task, End whole, long nanos, Random random) throws Exception {
    int done = 0;
    @Nullable End end = null;
    while (end == null && done < PER_RUN) {
      try (Child child = task.start()) {
        child.awaitBegun();
        TimeUnit.NANOSECONDS.sleep((long) (nanos * random.nextDouble()));
        if (random.nextBoolean()) {
          awaitHalfWritten(task.folder(), child);
        }
        @Nullable String line = child.kill();
        if (line == null) {
          done++;
          kills.incrementAndGet();
          Fault.KILLED.injected();
        } else {
          end = End.of(line);
        }
      }
      checkNames(task.folder());
    }
    if (end == null) {
      try (Child child = task.start()) {
        end = child.end();
      }
    }
    if (done > 0) {
      runs.incrementAndGet();
    }
    if (end.resumedAfter() > 0) {
      resumed.incrementAndGet();
    }
    assertThat(end.digest()).as("%s", task.kind()).isEqualTo(whole.digest());
    assertThat(end.outcome()).isEqualTo(whole.outcome());
    assertThat(end.epochs()).isEqualTo(whole.epochs());
    assertThat(names(task.folder())).isEmpty();
    Fault.KILLED.survived(done);
    return done;
  }

  /** Waits for a moment at which there is a file that is not whole, or for the end. */
  private static void awaitHalfWritten(Path folder, Child child) throws Exception {
    while (child.isAlive() && names(folder).stream().noneMatch(name -> name.endsWith(".tmp"))) {
      Thread.onSpinWait();
    }
  }

  private void checkNames(Path folder) throws Exception {
    List<String> names = names(folder);
    assertThat(names).allMatch(name -> DOCUMENTED.matcher(name).matches());
    // Those of the last epoch and of the one in the making.
    assertThat(names).hasSizeLessThanOrEqualTo(6);
    if (names.stream().anyMatch(name -> name.endsWith(".tmp"))) {
      tornFiles.incrementAndGet();
    }
  }

  private static List<String> names(Path folder) throws Exception {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
