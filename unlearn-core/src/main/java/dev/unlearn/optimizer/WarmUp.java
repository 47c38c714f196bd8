package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

/** {@link Schedule#afterWarmUp}. */
record WarmUp(Schedule schedule, int updates) implements Schedule {

  WarmUp {
    checkArgument(updates > 0, "updates must be > 0, but was: %s", updates);
  }

  @Override
  public double factor(int update) {
    return update <= updates
        ? schedule.factor(1) * update / updates
        : schedule.factor(update - updates);
  }

  @Override
  public String description() {
    return schedule.description() + " after warmUp(updates=" + updates + ")";
  }
}
