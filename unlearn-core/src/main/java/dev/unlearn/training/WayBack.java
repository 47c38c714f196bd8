package dev.unlearn.training;

import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;

/**
 * The way back to the original weights after a failure. What goes wrong on it is added to the
 * failure as suppressed.
 *
 * @param digest of the original weights
 */
record WayBack(TrainableCausalLm model, Snapshot snapshot, String digest) {

  /** Brings the original weights back and returns whether they are. */
  boolean restored(Throwable failure) {
    try {
      snapshot.restore();
      return WeightsDigest.of(model).equals(digest);
    } catch (RuntimeException | Error e) {
      suppress(failure, e);
      return false;
    }
  }

  static void closeQuietly(AutoCloseable resource, Throwable failure) {
    try {
      resource.close();
    } catch (Exception | Error e) {
      suppress(failure, e);
    }
  }

  /** Java may throw one and the same {@link OutOfMemoryError} twice; it cannot suppress itself. */
  private static void suppress(Throwable failure, Throwable other) {
    if (failure != other) {
      failure.addSuppressed(other);
    }
  }

  /** Says what failed and whether the original weights are back. */
  static String message(int epoch, boolean restored, Throwable cause) {
    return "unlearning failed in epoch %d (%s: %s); %s"
        .formatted(
            epoch,
            cause.getClass().getSimpleName(),
            cause.getMessage(),
            restored
                ? "the original weights are restored"
                : "the original weights could NOT be restored: load the model again");
  }
}
