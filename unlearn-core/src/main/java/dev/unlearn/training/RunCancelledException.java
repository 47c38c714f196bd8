package dev.unlearn.training;

import java.util.concurrent.CancellationException;

/** Ends a run from wherever it is. The message says why. */
final class RunCancelledException extends CancellationException {
  private static final long serialVersionUID = 1L;

  RunCancelledException(String reason) {
    super(reason);
  }
}
