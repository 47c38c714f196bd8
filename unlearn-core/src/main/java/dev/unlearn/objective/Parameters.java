package dev.unlearn.objective;

import static com.google.common.base.Preconditions.checkArgument;

/** What parameters of objectives must be. */
final class Parameters {
  private Parameters() {}

  static double positive(String name, double value) {
    checkArgument(
        value > 0 && Double.isFinite(value), "%s must be finite and > 0, but was: %s", name, value);
    return value;
  }

  static double notNegative(String name, double value) {
    checkArgument(
        value >= 0 && Double.isFinite(value),
        "%s must be finite and >= 0, but was: %s",
        name,
        value);
    return value;
  }

  static int notNegative(String name, int value) {
    checkArgument(value >= 0, "%s must be >= 0, but was: %s", name, value);
    return value;
  }

  static double finite(String name, double value) {
    checkArgument(Double.isFinite(value), "%s must be finite, but was: %s", name, value);
    return value;
  }
}
