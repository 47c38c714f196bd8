package dev.unlearn.model.generation;

import java.util.Comparator;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Numbers of rows or sequences in another order. */
final class Sorted {
  private Sorted() {}

  /** Returns the values by increasing keys, those of the same key in their order. */
  static int[] by(int[] values, IntUnaryOperator key) {
    return IntStream.of(values)
        .boxed()
        .sorted(Comparator.comparingInt(key::applyAsInt))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
