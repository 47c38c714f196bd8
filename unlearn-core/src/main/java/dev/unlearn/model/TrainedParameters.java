package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model trains while this is open, instead of all its weights. An optimizer, a snapshot or a
 * digest of the model knows of these parameters only. Closing it lets all weights be trained again;
 * their values stay as they are.
 *
 * @hidden not API
 */
public final class TrainedParameters implements AutoCloseable {
  private final Map<String, NDArray> arrays;
  private final Collection<NDArray> weights;
  private final Access access;
  private final Runnable whenClosed;
  private boolean closed;

  TrainedParameters(
      Map<String, NDArray> arrays,
      Collection<NDArray> weights,
      Access access,
      Runnable whenClosed) {
    this.arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
    this.weights = weights;
    this.access = access;
    this.whenClosed = whenClosed;
    require(weights, false);
    require(arrays.values(), true);
  }

  /** Returns the parameters by name, in a fixed order. */
  public Map<String, NDArray> arrays() {
    return arrays;
  }

  private static void require(Collection<NDArray> arrays, boolean gradient) {
    for (NDArray array : arrays) {
      if (!array.isReleased()) { // as all are if the model was closed first
        array.setRequiresGradient(gradient);
      }
    }
  }

  /**
   * Lets all weights be trained again; calling it again does nothing.
   *
   * @throws IllegalStateException if the model is being unlearned, or this is called from within a
   *     call of it
   */
  @Override
  public void close() {
    try (Access.Turn turn = access.change()) {
      if (closed) {
        return;
      }
      closed = true;
      require(arrays.values(), false);
      require(weights, true);
      whenClosed.run();
    }
  }
}
