package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.Workspace;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Memory to work in, lent to one caller at a time and made anew where more rows are asked for than
 * there were. Thread-safe.
 */
final class Workspaces<W extends Workspace> {
  private final LongFunction<W> create;
  private final Queue<Space<W>> free = new ConcurrentLinkedQueue<>();

  private record Space<W extends Workspace>(W memory, long rows) {}

  /**
   * Creates it.
   *
   * @param create makes memory for so many rows
   */
  Workspaces(LongFunction<W> create) {
    this.create = create;
  }

  /** Returns what is computed in memory for at least so many rows. */
  NDArray with(long rows, Function<W, NDArray> compute) {
    Space<W> space = free.poll();
    if (space == null || space.rows < rows) {
      if (space != null) {
        space.memory.close();
      }
      space = new Space<>(create.apply(rows), rows);
    }
    NDArray result = compute.apply(space.memory);
    free.add(space);
    return result;
  }
}
