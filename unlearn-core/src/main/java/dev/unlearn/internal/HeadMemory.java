package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Memory for what {@link HeadOps} keeps between the way there and back, one array for each pass.
 * Such an array is of hundreds of megabytes, more than glibc keeps when it is freed, and the kernel
 * clears new memory before it is used. While somebody {@link #hold holds} it, what a pass gives
 * back waits for the next pass; at other times it is freed. Not thread-safe.
 */
public final class HeadMemory {
  private @Nullable NDManager owner;
  private @Nullable NDArray waiting;

  /**
   * Begins to keep what is given back.
   *
   * @param manager what it belongs to meanwhile, of the host; other devices have an allocator that
   *     keeps what is freed
   */
  public void hold(NDManager manager) {
    owner = Devices.isHost(manager.getDevice()) ? manager : null;
  }

  /** Frees what waits, and keeps nothing any more. */
  public void release() {
    owner = null;
    freeWaiting();
  }

  /**
   * Returns memory that belongs to a manager until it is given back, of any values.
   *
   * @return shape (at least {@code rows}, {@code columns}), not in the present scope
   */
  NDArray take(NDManager manager, long rows, long columns) {
    NDArray found = waiting;
    if (found != null && found.getShape().get(0) >= rows && found.getShape().get(1) == columns) {
      waiting = null;
      found.attach(manager);
      return found;
    }
    freeWaiting();
    NDArray fresh = manager.create(new Shape(rows, columns));
    NDScope.unregister(fresh);
    HugePages.advise(fresh);
    return fresh;
  }

  /** Keeps the larger of this and what waits, or nothing. */
  void giveBack(NDArray array) {
    if (owner == null || (waiting != null && waiting.size() >= array.size())) {
      array.close();
    } else {
      freeWaiting();
      array.attach(owner);
      waiting = array;
    }
  }

  private void freeWaiting() {
    if (waiting != null) {
      waiting.close();
      waiting = null;
    }
  }
}
