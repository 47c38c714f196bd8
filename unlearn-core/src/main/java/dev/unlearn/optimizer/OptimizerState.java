package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** The state of an optimizer in one run, for instance its moments. The caller closes it. */
public interface OptimizerState extends AutoCloseable {

  /**
   * Changes every parameter in place, with gradients off.
   *
   * @param gradients one for each parameter, in order; not changed and not kept
   */
  void update(List<NDArray> gradients);

  @Override
  void close();
}
