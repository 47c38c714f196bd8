package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Rows that are continued together, one token each at a time. */
public interface Branches extends AutoCloseable {

  /** Returns how many rows there are. */
  int size();

  /**
   * Appends a token to every row.
   *
   * @param scope owns the result
   * @param tokens one for each row
   * @return what the head takes, of the appended tokens, shape (rows, width)
   */
  NDArray step(NDManager scope, int[] tokens);

  /**
   * Lets rows retire. It costs little if those that stay are the first ones.
   *
   * @param rows those that stay, in the order they are to have
   */
  void keep(int[] rows);

  @Override
  void close();
}
