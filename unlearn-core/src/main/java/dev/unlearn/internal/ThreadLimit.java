package dev.unlearn.internal;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Keeps PyTorch to the processors this process may use. By default it takes a thread per core of
 * the machine, also in a container that may use two of sixty-four; its threads wait for each other
 * by spinning, so that too many slow everything down. Java knows the container's share.
 */
final class ThreadLimit {
  private static final AtomicBoolean applied = new AtomicBoolean();

  private ThreadLimit() {}

  /**
   * Lowers the number of threads to that of processors, unless the host has said how many. Only the
   * first call in a process does anything; the engine must be loaded.
   */
  static void apply() {
    if (applied.getAndSet(true) || isChosen()) {
      return;
    }
    int processors = Runtime.getRuntime().availableProcessors();
    if (Torch.threads() > processors) {
      Torch.threads(processors);
    }
  }

  /** Returns whether DJL, OpenMP or MKL was told a number. */
  private static boolean isChosen() {
    return System.getProperty("ai.djl.pytorch.num_threads") != null
        || Stream.of("OMP_NUM_THREADS", "MKL_NUM_THREADS")
            .anyMatch(name -> System.getenv(name) != null);
  }
}
