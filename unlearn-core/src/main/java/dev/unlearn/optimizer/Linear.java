package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

/** {@link Schedules#linear}. */
record Linear(int updates) implements Schedule {

  Linear {
    checkArgument(updates > 0, "updates must be > 0, but was: %s", updates);
  }

  @Override
  public double factor(int update) {
    return Math.max(0, 1 - (update - 1) / (double) updates);
  }

  @Override
  public String description() {
    return "linear(updates=" + updates + ")";
  }
}
