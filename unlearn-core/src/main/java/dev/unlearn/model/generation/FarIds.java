package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.FarRows;
import dev.unlearn.internal.Indices;
import dev.unlearn.internal.ScoringOps;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/** Chooses among the ids of {@link FarRows}, and says which choices are certain. Thread-safe. */
final class FarIds implements AutoCloseable {
  /** Choices from which on it is known whether they are often certain. */
  private static final long ENOUGH = 1024;

  private final FarRows rows;
  private final CodedHeads heads;
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong uncertain = new AtomicLong();

  /**
   * Creates a chooser.
   *
   * @param rows closed with this
   * @param heads codes of those rows, closed with this
   */
  FarIds(FarRows rows, CodedHeads heads) {
    this.rows = rows;
    this.heads = heads;
  }

  /** Does as {@link CodedHeads#prepare}. */
  void prepare(NDArray sample) {
    heads.prepare(sample);
  }

  /** Returns whether it can be of use: not once more than half of many choices were uncertain. */
  boolean isOfUse() {
    long all = asked.get();
    return all < ENOUGH || uncertain.get() <= all / 2;
  }

  /** Returns the best id for each row of shape (N, width), -1 where it may be another one. */
  int[] choose(NDArray hidden) {
    try (NDArray best =
        heads
            .choose(hidden)
            .map(places -> hidden.getManager().create(Indices.longs(places)))
            .orElseGet(() -> ScoringOps.best(rows.matrix(), hidden))) {
      int[] ids = Ids.of(rows.certain(hidden, best));
      uncertain.addAndGet(Arrays.stream(ids).filter(id -> id < 0).count());
      asked.addAndGet(ids.length);
      return ids;
    }
  }

  @Override
  public void close() {
    heads.close();
    rows.close();
  }
}
