package dev.unlearn.model.generation;

import java.util.stream.IntStream;

/**
 * Divides the rows of a batch among threads: rows of one sequence go to one thread as far as
 * possible, so that a prefix is read by few, and each has about as many tokens to decode.
 */
final class RowShares {
  private RowShares() {}

  /**
   * Returns each thread's rows, in their order.
   *
   * @param sequences of each row the sequence
   * @param tokens of each row how many tokens it needs, at least 1
   */
  static int[][] of(int[] sequences, int[] tokens, int threads) {
    long all = IntStream.of(tokens).asLongStream().sum();
    int[] owners = new int[sequences.length];
    int[] rows = IntStream.range(0, sequences.length).toArray();
    long before = 0;
    for (int row : Sorted.by(rows, i -> sequences[i])) {
      owners[row] = Math.toIntExact(threads * before / all);
      before += tokens[row];
    }
    return IntStream.range(0, threads)
        .mapToObj(
            thread ->
                IntStream.range(0, owners.length).filter(row -> owners[row] == thread).toArray())
        .toArray(int[][]::new);
  }
}
