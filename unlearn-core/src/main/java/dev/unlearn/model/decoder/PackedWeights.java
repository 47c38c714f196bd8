package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDManager;
import dev.unlearn.model.generation.Packing;
import java.util.Collection;

/** The matrices of a decoder as the machine multiplies them fastest; the head's once it is used. */
final class PackedWeights implements Packing {
  private final NDManager manager;
  private final Collection<Linear> linears;
  private final Linear head;
  private final Runnable whenClosed;

  PackedWeights(NDManager parent, Collection<Linear> linears, Linear head, Runnable whenClosed) {
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
    head.unpack();
    manager.close();
  }

  /** Returns what packing takes. */
  static long bytes(Collection<Linear> linears, Linear head) {
    long values = head.size();
    for (Linear linear : linears) {
      values += linear.size();
    }
    return values * Float.BYTES;
  }

  synchronized void packHead() {
    if (!head.isPacked()) {
      head.pack(manager);
    }
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
