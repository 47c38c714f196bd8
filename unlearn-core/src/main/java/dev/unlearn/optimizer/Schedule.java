package dev.unlearn.optimizer;

/**
 * How the learning rate changes over the updates of a run; pure, so that a run that is resumed goes
 * on with the same rates. Updates are counted by the optimizer's state: a lot that begins with a
 * fresh one begins the schedule anew.
 */
@FunctionalInterface
public interface Schedule {

  /**
   * Returns what the learning rate is multiplied with; finite and {@code >= 0}.
   *
   * @param update the number of the update, counted from 1
   */
  double factor(int update);

  /**
   * Returns this schedule, begun after some updates in which the rate rises in equal steps: {@code
   * n / updates} of what this schedule begins with, for update n.
   *
   * <p>So the first update has a rate above 0; HuggingFace's schedules begin with 0, an update
   * without effect.
   *
   * @throws IllegalArgumentException if {@code updates} is not positive
   */
  default Schedule afterWarmUp(int updates) {
    return new WarmUp(this, updates);
  }

  /** Returns what this schedule is, parameters included, for logs and the report. */
  default String description() {
    return "custom schedule";
  }
}
