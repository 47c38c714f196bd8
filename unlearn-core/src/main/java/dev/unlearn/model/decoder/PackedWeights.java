package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.model.generation.Packing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The matrices of a decoder as the machine multiplies them fastest; the head's once it is used. */
final class PackedWeights implements Packing {
  private final NDManager manager;
  private final List<Linear> linears;
  private final NDArray head;
  private final Runnable whenClosed;
  private @Nullable NDArray packedHead;

  PackedWeights(NDManager parent, List<Linear> linears, NDArray head, Runnable whenClosed) {
    this.linears = linears;
    this.head = head;
    this.whenClosed = whenClosed;
    manager = parent.newSubManager();
    try {
      linears.forEach(linear -> linear.pack(manager));
    } catch (RuntimeException | Error e) {
      unpack();
      throw e;
    }
  }

  private void unpack() {
    linears.forEach(Linear::unpack);
    manager.close();
  }

  /** Returns what packing takes. */
  static long bytes(List<Linear> linears, NDArray head) {
    long values = head.size();
    for (Linear linear : linears) {
      values += linear.size();
    }
    return values * Float.BYTES;
  }

  NDArray head() {
    if (packedHead == null) {
      packedHead = PackedLinears.pack(manager, head);
    }
    return packedHead;
  }

  @Override
  public long bytes() {
    return bytes(linears, head);
  }

  @Override
  public void close() {
    unpack();
    whenClosed.run();
  }
}
