package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collection;
import java.util.List;

/** A recipe for changing parameters by their gradients; immutable and without state. */
@FunctionalInterface
public interface Optimizer {

  /**
   * Makes the state of one run.
   *
   * @param manager the state lives in a manager below this one, until it is closed
   * @param parameters float32 arrays that collect gradients
   */
  OptimizerState start(NDManager manager, List<NDArray> parameters);

  /**
   * Returns how many bytes {@link #start} will take, for the estimate that is made before a run.
   * Unless overridden, those of two copies of the parameters, as Adam needs.
   */
  default long stateBytes(Collection<NDArray> parameters) {
    return 2 * Float.BYTES * parameters.stream().mapToLong(NDArray::size).sum();
  }

  /** Returns what this optimizer is, parameters included, for logs and the report. */
  default String description() {
    return "custom optimizer";
  }
}
