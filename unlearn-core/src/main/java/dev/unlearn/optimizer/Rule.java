package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ListMultimap;
import java.util.List;
import java.util.Map;

/** How parameters follow their gradients; immutable. */
interface Rule {

  /** Returns what is remembered of one parameter: float32 arrays by name, zeros at first. */
  Map<String, Shape> memory(Shape parameter);

  /**
   * Changes parameters and memory in place.
   *
   * @param gradients one for each parameter, in order
   * @param memory by name, in order of the parameters that have it
   * @param step float32 of shape (), the number of this update, counted from 1
   * @param rateFactor what the learning rate is multiplied with
   */
  void apply(
      List<NDArray> parameters,
      List<NDArray> gradients,
      ListMultimap<String, NDArray> memory,
      NDArray step,
      double rateFactor);

  /** Returns what this rule is, parameters included. */
  String description();
}
