package dev.unlearn.spi;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;

/**
 * Watches a run: progress bars, logs, gauges. Called from the run's thread; return soon. An
 * exception thrown here is logged and does not end the run.
 */
public interface UnlearningListener {

  /** Called many times per epoch. */
  default void progressed(RunProgress progress) {}

  /** Called after every epoch, the measurement before the first update included. */
  default void epochEnded(EpochReport report) {}

  /**
   * Called once at the end, also of a run that failed, before its exception is thrown; not where a
   * run was refused.
   */
  default void ended(ForgetReport report) {}
}
