package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.spi.train.TokenBatch;

/**
 * Cuts the rows of a flattened batch into pieces for the head, so that the logits of one piece fit
 * a fixed budget whatever the batch.
 */
final class Pieces {
  /** Logits per piece: 32 MiB of float32, the most that glibc keeps for reuse. */
  private static final int MAX_ELEMENTS = 1 << 23;

  private final long rows;
  private final long size;

  Pieces(long rows, int vocabularySize) {
    this.rows = rows;
    size = Math.max(1, MAX_ELEMENTS / vocabularySize);
  }

  /** What to do with rows [{@code begin}, {@code end}). */
  interface Body {
    void accept(long begin, long end);
  }

  void forEach(Body body) {
    for (long begin = 0; begin < rows; begin += size) {
      body.accept(begin, Math.min(rows, begin + size));
    }
  }

  /** Returns rows of an array as a view. */
  static NDArray rows(NDArray array, long begin, long end) {
    return array.get(new NDIndex().addSliceDim(begin, end));
  }

  /** The id each flattened row predicts, shape (B L); the last of each sequence predicts none. */
  static NDArray labels(TokenBatch batch) {
    NDArray next = batch.ids().get(new NDIndex(":, 1:"));
    NDArray none = batch.manager().zeros(new Shape(batch.size(), 1), DataType.INT64);
    return next.concat(none, 1).flatten();
  }

  /** Returns (B, L, width) as (B L, width). */
  static NDArray flatten(NDArray states) {
    return states.reshape(new Shape(-1, states.getShape().get(2)));
  }
}
