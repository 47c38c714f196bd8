package dev.unlearn.training;

import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What may end a run early: the caller, a deadline, an interrupt.
 *
 * @hidden not API
 */
public final class Cancellation {
  static final String INTERRUPTED = "the thread was interrupted";

  private final BooleanSupplier asked;
  private final @Nullable Instant deadline;

  /**
   * Creates a cancellation.
   *
   * @param asked whether the caller wants the run to end; asked often
   * @param deadline null for none
   */
  public Cancellation(BooleanSupplier asked, @Nullable Instant deadline) {
    this.asked = asked;
    this.deadline = deadline;
  }

  /**
   * Lets a run go on, or ends it.
   *
   * @throws RunCancelledException if it must end
   */
  void check() {
    reason()
        .ifPresent(
            reason -> {
              throw new RunCancelledException(reason);
            });
  }

  private Optional<String> reason() {
    if (Thread.currentThread().isInterrupted()) {
      return Optional.of(INTERRUPTED);
    }
    if (asked.getAsBoolean()) {
      return Optional.of("the caller cancelled the run");
    }
    return deadline != null && !Instant.now().isBefore(deadline)
        ? Optional.of("the deadline, " + deadline + ", has passed")
        : Optional.empty();
  }
}
