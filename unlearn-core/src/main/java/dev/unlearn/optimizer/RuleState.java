package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ListMultimap;
import dev.unlearn.internal.HostValues;
import dev.unlearn.internal.OptimizerOps;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The state of an {@link AdjustableOptimizer}; all parameters change in one call. */
final class RuleState implements OptimizerState {
  private final Rule rule;
  private final Schedule schedule;
  private final double maxNorm;
  private final NDManager manager;
  private final List<NDArray> parameters;
  private final NDArray step;
  private final ListMultimap<String, NDArray> memory = ArrayListMultimap.create();
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();

  /**
   * Begins with nothing remembered.
   *
   * @param manager closed with this state
   */
  RuleState(
      Rule rule, Schedule schedule, double maxNorm, NDManager manager, List<NDArray> parameters) {
    this.rule = rule;
    this.schedule = schedule;
    this.maxNorm = maxNorm;
    this.manager = manager;
    this.parameters = List.copyOf(parameters);
    try {
      step = manager.zeros(new Shape());
      arrays.put("step", step);
      for (int i = 0; i < parameters.size(); i++) {
        String end = "." + i;
        rule.memory(parameters.get(i).getShape())
            .forEach(
                (name, shape) -> {
                  NDArray array = manager.zeros(shape);
                  memory.put(name, array);
                  arrays.put(name + end, array);
                });
      }
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  @Override
  public void update(List<NDArray> gradients) {
    int number = 1 + (int) HostValues.number(step);
    double factor = schedule.factor(number);
    checkState(
        factor >= 0 && Double.isFinite(factor),
        "schedule %s must return factors that are finite and >= 0, but returned: %s",
        schedule.description(),
        factor);
    if (Double.isFinite(maxNorm)) {
      OptimizerOps.clip(gradients, maxNorm);
    }
    step.addi(1);
    rule.apply(parameters, gradients, memory, step, factor);
  }

  @Override
  public Map<String, NDArray> arrays() {
    return Collections.unmodifiableMap(arrays);
  }

  @Override
  public void close() {
    manager.close();
  }
}
