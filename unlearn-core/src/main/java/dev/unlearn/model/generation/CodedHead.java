package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.OutputMatrix;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * An output matrix in 8 bits, encoded when it is first asked, and what choices by it work in.
 * Thread-safe.
 */
final class CodedHead {
  private final OutputMatrix matrix;
  private final NDManager manager;
  private final Queue<Space> free = new ConcurrentLinkedQueue<>();
  private DecodingOps.@Nullable Codes codes;

  /** What one choice at a time works in. */
  private record Space(DecodingOps.Workspace memory, long rows) {}

  /** Creates it; all that it makes belongs to the manager. */
  CodedHead(OutputMatrix matrix, NDManager manager) {
    this.matrix = matrix;
    this.manager = manager;
  }

  /** Returns what the codes take. */
  long bytes() {
    return matrix.weight().size();
  }

  /** Returns the best ids, or what {@link DecodingOps#bestIds} says where it cannot tell. */
  NDArray best(NDArray hidden) {
    long rows = hidden.getShape().get(0);
    DecodingOps.Codes present = codes(hidden);
    Space space = free.poll();
    if (space == null || space.rows < rows) {
      if (space != null) {
        space.memory.close();
      }
      space = new Space(DecodingOps.Workspace.of(manager, present, rows), rows);
    }
    NDArray ids =
        DecodingOps.bestIds(hidden, matrix.weight(), matrix.bias(), present, space.memory);
    free.add(space);
    return ids;
  }

  private synchronized DecodingOps.Codes codes(NDArray hidden) {
    if (codes == null) {
      codes = DecodingOps.encode(manager, matrix.weight(), matrix.bias(), hidden);
    }
    return codes;
  }
}
