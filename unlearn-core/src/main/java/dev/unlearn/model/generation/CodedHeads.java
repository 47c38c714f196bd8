package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.Directions;
import dev.unlearn.internal.OutputMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Codes of one output matrix, the fastest first, each as long as it can tell. Thread-safe. */
final class CodedHeads implements AutoCloseable {
  private final OutputMatrix matrix;
  private final NDManager manager;
  private final List<CodedHead> heads = new ArrayList<>();

  /**
   * Creates it without codes.
   *
   * @param manager owns what is made
   */
  CodedHeads(OutputMatrix matrix, NDManager manager) {
    this.matrix = matrix;
    this.manager = manager;
  }

  /** Adds codes of the whole matrix, before any choice. */
  void addWhole() {
    heads.add(new CodedHead(matrix, manager, null));
  }

  /** Adds codes of some directions, which are asked first, before any choice. */
  void addDirected(Directions.Span span) {
    heads.add(0, new CodedHead(matrix, manager, span));
  }

  /**
   * Makes the codes that are asked first, if there are any, while all of PyTorch's threads can.
   *
   * @param sample shape (M, width), some of what will be asked
   */
  void prepare(NDArray sample) {
    heads.stream().findFirst().ifPresent(head -> head.prepare(sample));
  }

  /** Returns the best id for each row of shape (N, width), or nothing if no codes can tell. */
  Optional<int[]> choose(NDArray hidden) {
    for (CodedHead head : heads) {
      if (head.isOfUse()) {
        int[] ids = Ids.of(head.best(hidden));
        long size = matrix.weight().getShape().get(0);
        boolean told = Arrays.stream(ids).allMatch(id -> id >= 0 && id < size);
        head.told(told);
        if (told) {
          return Optional.of(ids);
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    heads.forEach(CodedHead::close);
  }
}
