package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.HeadOps;
import dev.unlearn.internal.Scopes;
import dev.unlearn.spi.train.TokenBatch;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The hidden states that predict a target, cut off from their graph, and the way between an array
 * of these N rows and one of the whole batch. Used with gradients off.
 */
final class TargetStates {
  private final TokenBatch batch;
  private final Shape whole;
  private final long[] places;
  private final NDArray grid;
  private final NDArray rows;
  private final NDArray states;
  private final NDArray ids;

  /**
   * Gathers the states.
   *
   * @param last shape (B, L, width)
   */
  TargetStates(TokenBatch batch, NDArray last) {
    this.batch = batch;
    whole = last.getShape();
    places = batch.targetPlaces();
    NDManager manager = batch.manager();
    grid = manager.create(places);
    rows = manager.create(rows(batch, places));
    states = Pieces.flatten(last).get(rows);
    ids = manager.create(targetIds(batch));
  }

  /**
   * Returns the states of places, which {@link TokenBatch#targetPlaces} counts, shape (N, width).
   */
  static NDArray gather(TokenBatch batch, NDArray last, long[] places) {
    return Pieces.flatten(last).get(batch.manager().create(rows(batch, places)));
  }

  /** Returns where states lie in (B L) that predict places of (B (L - 1)). */
  private static long[] rows(TokenBatch batch, long[] places) {
    int predicting = Math.max(1, batch.length() - 1);
    return Arrays.stream(places).map(place -> place + place / predicting).toArray();
  }

  private static long[] targetIds(TokenBatch batch) {
    return batch.sequences().stream()
        .flatMapToLong(
            sequence ->
                IntStream.range(sequence.firstTarget(), sequence.length()).mapToLong(sequence::id))
        .toArray();
  }

  /** Returns N. */
  int count() {
    return places.length;
  }

  /** Returns some of the places, as {@link TokenBatch#targetPlaces} counts them. */
  long[] places(long begin, long end) {
    return Arrays.copyOfRange(places, Math.toIntExact(begin), Math.toIntExact(end));
  }

  /** Returns the states, shape (N, width). */
  NDArray states() {
    return states;
  }

  /** Returns the targets, int64 of shape (N). */
  NDArray ids() {
    return ids;
  }

  /** Puts a value of each target, shape (N), into an array of shape (B, L - 1), 0 elsewhere. */
  NDArray toGrid(NDArray values) {
    Shape shape = new Shape(batch.size(), batch.length() - 1);
    try (NDScope scope = Scopes.open()) {
      NDArray flat = batch.manager().zeros(new Shape(shape.size()));
      HeadOps.put(flat, grid, values);
      NDArray result = flat.reshape(shape);
      NDScope.unregister(result);
      return result;
    }
  }

  /** Takes the value of each target, shape (N), out of an array of shape (B, L - 1). */
  NDArray fromGrid(NDArray values) {
    return values.flatten().get(grid);
  }

  /** Puts rows of shape (N, width) into an array of shape (B, L, width), 0 elsewhere. */
  NDArray toBatch(NDArray all) {
    NDArray flat = batch.manager().zeros(new Shape(whole.get(0) * whole.get(1), whole.get(2)));
    HeadOps.put(flat, rows, all);
    return flat.reshape(whole);
  }
}
