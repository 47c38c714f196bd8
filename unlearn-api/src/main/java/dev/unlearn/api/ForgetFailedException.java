package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkState;

import org.jspecify.annotations.Nullable;

/**
 * A run that ended with an exception. The report says in which epoch, and whether the original
 * weights are back.
 */
public class ForgetFailedException extends UnlearningException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable ForgetReport report;

  /** Creates an exception with the report of the run. */
  public ForgetFailedException(String message, ForgetReport report, Throwable cause) {
    super(message, cause);
    this.report = report;
  }

  /**
   * Returns the report; its outcome is {@link Outcome#FAILED}.
   *
   * @throws IllegalStateException if this exception was serialized, which drops the report
   */
  public ForgetReport report() {
    checkState(report != null, "the report was lost when the exception was serialized");
    return report;
  }
}
