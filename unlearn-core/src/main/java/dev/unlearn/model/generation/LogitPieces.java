package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import dev.unlearn.internal.Scopes;

/** Computes logits of many rows some rows at a time. */
public final class LogitPieces {
  /** Logits at a time: 32 MiB of float32, the most that glibc keeps for reuse. */
  public static final int MAX_LOGITS = 1 << 23;

  private final DecodableNetwork network;
  private final int rows;

  private LogitPieces(DecodableNetwork network, int rows) {
    this.network = network;
    this.rows = rows;
  }

  /**
   * Creates pieces.
   *
   * @param maxBytes what a piece may take, with one copy; it has one row at least
   */
  static LogitPieces of(DecodableNetwork network, long maxBytes) {
    long logits = Math.min(MAX_LOGITS, maxBytes / (2 * Float.BYTES));
    return new LogitPieces(network, (int) Math.max(1, logits / network.vocabularySize()));
  }

  /** What to do with the logits of rows from {@code begin} on, which are freed afterwards. */
  interface Body {
    void accept(int begin, NDArray logits);
  }

  /** Calls with each piece of rows of shape (N, width), in order. */
  void forEach(NDArray hidden, Body body) {
    int count = Math.toIntExact(hidden.getShape().get(0));
    for (int begin = 0; begin < count; begin += rows) {
      try (NDScope scope = Scopes.open()) {
        NDIndex some = new NDIndex().addSliceDim(begin, Math.min(count, begin + rows));
        body.accept(begin, network.logits(hidden.get(some)));
      }
    }
  }
}
