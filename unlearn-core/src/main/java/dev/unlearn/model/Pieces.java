package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.model.generation.LogitPieces;

/**
 * Cuts the rows of a flattened batch into pieces for the head, so that the logits of one piece fit
 * a fixed budget whatever the batch.
 */
final class Pieces {
  private final long rows;
  private final long size;

  private Pieces(long rows, long size) {
    this.rows = rows;
    this.size = size;
  }

  /** Cuts rows into pieces whose logits fit the budget. */
  static Pieces forLogits(long rows, int vocabularySize) {
    return new Pieces(rows, size(vocabularySize));
  }

  /** Cuts rows into pieces of so many. */
  static Pieces of(long rows, long size) {
    return new Pieces(rows, size);
  }

  /** Returns the rows of a piece. */
  static long size(long vocabularySize) {
    return Math.max(1, LogitPieces.MAX_LOGITS / vocabularySize);
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

  /** Returns rows of an array as a leaf of their own. */
  static NDArray leaf(NDArray array, long begin, long end) {
    NDArray leaf = rows(array, begin, end).duplicate();
    leaf.setRequiresGradient(true);
    return leaf;
  }

  /** Returns the gradient of a leaf, out of the present scope. */
  static NDArray gradient(NDArray leaf) {
    NDArray gradient = leaf.getGradient();
    NDScope.unregister(gradient);
    return gradient;
  }

  /** Joins parts along their first axis and closes them. */
  static NDArray joined(NDList parts) {
    NDArray all = NDArrays.concat(parts, 0);
    parts.close();
    return all;
  }

  /** Returns (B, L, width) as (B L, width). */
  static NDArray flatten(NDArray states) {
    return states.reshape(new Shape(-1, states.getShape().get(2)));
  }
}
