package dev.unlearn.internal;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads that compute side by side, gradients off, each with its share of PyTorch's threads. Small
 * operations keep one thread busy only, and large ones wait for the slowest; two halves of a batch
 * fill each other's gaps.
 */
public final class Workers implements AutoCloseable {
  private static final long PERIOD_MILLIS = 50;

  private final int count;
  private final @Nullable ExecutorService executor;

  /**
   * Starts threads.
   *
   * @param count 1 for none but the caller's
   */
  public Workers(int count) {
    this.count = count;
    executor = count == 1 ? null : start(count);
  }

  private static ExecutorService start(int count) {
    int threads = Torch.threads();
    int share = Math.max(1, threads / count);
    CountDownLatch started = new CountDownLatch(count);
    ExecutorService executor =
        Executors.newFixedThreadPool(
            count,
            task -> {
              Thread thread = new Thread(() -> compute(task, share, started), "unlearn-worker");
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i < count; i++) {
      executor.execute(() -> {}); // the pool starts a thread for each
    }
    Uninterruptibles.awaitUninterruptibly(started);
    Torch.threads(threads); // for threads that have not computed yet; see there
    return executor;
  }

  private static void compute(Runnable task, int share, CountDownLatch started) {
    Torch.threads(share);
    started.countDown();
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      task.run();
    }
  }

  /** Returns the number of threads that compute. */
  public int count() {
    return count;
  }

  /**
   * Runs a task on each thread and returns when all have ended. If one throws, the others are
   * stopped, and what it threw is thrown.
   *
   * @param task gets the number of its thread, from 0 on
   * @param meanwhile run on this thread, again and again until then, unless this is the one that
   *     computes; if it throws, the tasks are stopped
   * @param stop makes the tasks end soon, however they do
   */
  public void run(IntConsumer task, Runnable meanwhile, Runnable stop) {
    if (executor == null) {
      task.accept(0);
      return;
    }
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Future<?>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int worker = i;
      futures.add(executor.submit(() -> guarded(() -> task.accept(worker), stop, failure)));
    }
    for (Future<?> future : futures) {
      while (!ended(future)) {
        guarded(meanwhile, stop, failure);
      }
    }
    Throwable first = failure.get();
    if (first != null) {
      Throwables.throwIfUnchecked(first);
      throw new IllegalStateException(first);
    }
  }

  private static void guarded(
      Runnable task, Runnable stop, AtomicReference<@Nullable Throwable> failure) {
    if (failure.get() != null) {
      return;
    }
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      stop.run();
    }
  }

  private static boolean ended(Future<?> future) {
    try {
      Uninterruptibles.getUninterruptibly(future, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause()); // guarded tasks throw nothing
    }
  }

  @Override
  public void close() {
    if (executor != null) {
      executor.shutdown();
    }
  }
}
