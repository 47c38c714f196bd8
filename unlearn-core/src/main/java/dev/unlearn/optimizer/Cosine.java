package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

/** {@link Schedules#cosine}. */
record Cosine(int updates) implements Schedule {

  Cosine {
    checkArgument(updates > 0, "updates must be > 0, but was: %s", updates);
  }

  @Override
  public double factor(int update) {
    return update > updates ? 0 : (1 + Math.cos(Math.PI * (update - 1) / updates)) / 2;
  }

  @Override
  public String description() {
    return "cosine(updates=" + updates + ")";
  }
}
