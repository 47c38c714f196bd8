package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Collection;
import java.util.List;

/**
 * An optimizer of the library, with the schedule of its learning rate and the limit of its
 * gradients. Immutable; without being told it has a constant rate and no limit.
 *
 * <p>Its state, also saved, is the number of updates, {@code step}, float32 of shape (), and what
 * the rule remembers of each parameter, float32: {@code mean.0} is the first parameter's mean.
 */
public final class AdjustableOptimizer implements Optimizer {
  private final Rule rule;
  private final Schedule schedule;
  private final double maxNorm;

  AdjustableOptimizer(Rule rule) {
    this(rule, Schedules.constant(), Double.POSITIVE_INFINITY);
  }

  private AdjustableOptimizer(Rule rule, Schedule schedule, double maxNorm) {
    this.rule = rule;
    this.schedule = schedule;
    this.maxNorm = maxNorm;
  }

  /** Returns this optimizer with another schedule: factors of its learning rate. */
  public AdjustableOptimizer withSchedule(Schedule newSchedule) {
    return new AdjustableOptimizer(rule, requireNonNull(newSchedule, "schedule"), maxNorm);
  }

  /**
   * Returns this optimizer with gradients clipped by their L2 norm over all parameters (Pascanu et
   * al., arXiv 1211.5063): {@code g ← g min(1, maxNorm / (‖g‖ + 1e-6))}, as PyTorch's {@code
   * clip_grad_norm_} does. The direction stays, for either sign of an element.
   *
   * @throws IllegalArgumentException if {@code maxNorm} is not finite and {@code > 0}
   */
  public AdjustableOptimizer clippedTo(double newMaxNorm) {
    checkArgument(
        newMaxNorm > 0 && Double.isFinite(newMaxNorm),
        "maxNorm must be finite and > 0, but was: %s",
        newMaxNorm);
    return new AdjustableOptimizer(rule, schedule, newMaxNorm);
  }

  @Override
  public OptimizerState start(NDManager manager, List<NDArray> parameters) {
    return new RuleState(rule, schedule, maxNorm, manager.newSubManager(), parameters);
  }

  @Override
  public long stateBytes(Collection<NDArray> parameters) {
    return Float.BYTES
        * parameters.stream()
            .flatMap(parameter -> rule.memory(parameter.getShape()).values().stream())
            .mapToLong(Shape::size)
            .sum();
  }

  @Override
  public String description() {
    StringBuilder text = new StringBuilder(rule.description());
    if (!schedule.equals(Schedules.constant())) {
      text.append(", ").append(schedule.description());
    }
    if (Double.isFinite(maxNorm)) {
      text.append(", clippedTo(maxNorm=").append(maxNorm).append(')');
    }
    return text.toString();
  }
}
