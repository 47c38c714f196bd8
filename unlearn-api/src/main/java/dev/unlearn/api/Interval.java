package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A confidence interval: drawn anew again and again, intervals made in this way contain the true
 * value in at least the share {@code confidence} of all cases.
 *
 * @param low the lower end, itself included
 * @param high the upper end, itself included; not below {@code low}
 * @param confidence in (0, 1]; 1 if the true value is in it for certain
 */
public record Interval(double low, double high, double confidence) {

  /** Checks the values. */
  public Interval {
    checkArgument(low <= high, "low (%s) must be <= high (%s)", low, high);
    checkArgument(
        confidence > 0 && confidence <= 1, "confidence must be in (0, 1], but was: %s", confidence);
  }

  /** Returns whether a value is in it; a NaN is not. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }
}
