package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.MapMaker;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a model's memory: one call at a time, others wait their turn; and while a run has
 * reserved it, calls of that run's thread only.
 *
 * <p>There is one per memory, so that two models over the same weights share it: it is found by any
 * of its parts, by identity. A call may be made from within another of the same thread, as a
 * listener does that asks the model that decodes. Two threads that ask two models from within each
 * other's calls, in opposite order, wait forever.
 *
 * @hidden not API
 */
public final class Access {
  private static final Map<Object, Access> BY_PART = new MapMaker().weakKeys().makeMap();

  /** Fair, so that one who wants to close a busy model is not overtaken forever. */
  private final ReentrantLock lock = new ReentrantLock(true);

  private volatile @Nullable Thread run;
  private int uses;

  private Access() {}

  /** Returns the access to what one of these is a part of, and lets it be found by them all. */
  static Access to(Iterable<?> parts) {
    synchronized (BY_PART) {
      Access access = null;
      for (Object part : parts) {
        access = access == null ? BY_PART.get(part) : access;
      }
      access = access == null ? new Access() : access;
      access.isAlsoTo(parts);
      return access;
    }
  }

  /** Lets this be found by more parts. */
  void isAlsoTo(Iterable<?> parts) {
    for (Object part : parts) {
      BY_PART.putIfAbsent(part, this);
    }
  }

  /**
   * A turn that lasts until it is closed, by the thread that took it.
   *
   * @hidden not API
   */
  public interface Turn extends AutoCloseable {

    @Override
    void close();
  }

  /**
   * Waits for a turn to compute with the weights, or read them.
   *
   * @throws IllegalStateException if a run of another thread has the model
   */
  public Turn use() {
    checkNoOtherRun(); // at once, not after the run's own call
    lock.lock();
    try {
      checkNoOtherRun();
    } catch (IllegalStateException e) {
      lock.unlock();
      throw e;
    }
    uses++;
    return () -> {
      uses--;
      lock.unlock();
    };
  }

  private void checkNoOtherRun() {
    Thread owner = run;
    checkState(
        owner == null || owner == Thread.currentThread(),
        "the model is being unlearned in another thread: use another copy, or wait for the run to"
            + " end; what the run itself asks for must stay on its thread");
  }

  /**
   * Waits for a turn to change what the model consists of, or to free it.
   *
   * @throws IllegalStateException if a run has the model, or this is called from within a call of
   *     the model
   */
  public Turn change() {
    checkChangeable();
    lock.lock();
    try {
      checkChangeable();
    } catch (IllegalStateException e) {
      lock.unlock();
      throw e;
    }
    return lock::unlock;
  }

  private void checkChangeable() {
    checkState(
        run == null,
        "the model is being unlearned: start another run, change or close it when this run has"
            + " ended");
    checkState(
        !lock.isHeldByCurrentThread() || uses == 0,
        "the model is computing: unlearn, change or close it when the call has returned");
  }

  /** Gives the model to this thread until the result is closed, after the call that it is in. */
  Turn reserve() {
    try (Turn turn = change()) {
      run = Thread.currentThread();
      return () -> run = null;
    }
  }
}
