package dev.unlearn.api;

/**
 * A run that ended with an exception. The report says in which epoch, and whether the original
 * weights are back.
 */
public class ForgetFailedException extends UnlearningException {
  private static final long serialVersionUID = 1L;

  private final transient ForgetReport report;

  /** Creates an exception with the report of the run. */
  public ForgetFailedException(String message, ForgetReport report, Throwable cause) {
    super(message, cause);
    this.report = report;
  }

  /** Returns the report; its outcome is {@link Outcome#FAILED}. */
  public ForgetReport report() {
    return report;
  }
}
