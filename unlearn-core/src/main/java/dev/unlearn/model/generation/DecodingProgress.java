package dev.unlearn.model.generation;

import dev.unlearn.spi.DecodingListener;
import java.util.concurrent.CancellationException;

/**
 * Tells a listener how far decoding has come, and asks it whether to go on, always on the thread
 * that created this; what other threads decode is told by {@link #tell}. Thread-safe.
 */
final class DecodingProgress {
  private final long total;
  private final DecodingListener listener;
  private final Thread owner = Thread.currentThread();
  private long done;
  private long reported;
  private volatile boolean stopped;

  DecodingProgress(long total, DecodingListener listener) {
    this.total = total;
    this.listener = listener;
  }

  /** Returns the tokens to be decoded. */
  long total() {
    return total;
  }

  void decoded(int tokens) {
    synchronized (this) {
      done += tokens;
    }
    report();
  }

  private synchronized long done() {
    return done;
  }

  /** Tells the listener what it does not know yet, and asks it. */
  void tell() {
    report();
    check();
  }

  /** Tells the listener what it does not know yet. */
  void report() {
    long now = done();
    if (Thread.currentThread() == owner && now > reported) {
      reported = now;
      listener.progressed(now, total);
    }
  }

  /** Makes the next {@link #check} of any thread refuse. */
  void stop() {
    stopped = true;
  }

  /**
   * Goes on or not.
   *
   * @throws CancellationException if the listener cancels, or decoding was stopped
   */
  void check() {
    if (stopped || (Thread.currentThread() == owner && listener.cancelled())) {
      throw new CancellationException("decoding was cancelled after " + done() + " tokens");
    }
  }
}
