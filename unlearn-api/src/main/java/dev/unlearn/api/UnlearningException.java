package dev.unlearn.api;

import org.jspecify.annotations.Nullable;

/**
 * A run, a load or a save that failed after its input had been accepted. The message names what was
 * being done and what became of the model; it never holds text or token ids.
 */
public class UnlearningException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception without cause. */
  public UnlearningException(String message) {
    super(message);
  }

  /** Creates an exception with its cause. */
  public UnlearningException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
