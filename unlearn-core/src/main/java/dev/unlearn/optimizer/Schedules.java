package dev.unlearn.optimizer;

/**
 * The schedules of the learning rate that come with the library. {@link Schedule#afterWarmUp} puts
 * a rise in front of each.
 */
public final class Schedules {
  private Schedules() {}

  /** Always 1. */
  public static Schedule constant() {
    return new Constant();
  }

  /**
   * From 1 down in equal steps: {@code 1 − (n − 1) / updates} for update n, 0 after the last.
   *
   * @throws IllegalArgumentException if {@code updates} is not positive
   */
  public static Schedule linear(int updates) {
    return new Linear(updates);
  }

  /**
   * From 1 down along half a cosine (Loshchilov and Hutter, arXiv 1608.03983, without restarts):
   * {@code (1 + cos(π (n − 1) / updates)) / 2} for update n, 0 after the last.
   *
   * @throws IllegalArgumentException if {@code updates} is not positive
   */
  public static Schedule cosine(int updates) {
    return new Cosine(updates);
  }
}
