package dev.unlearn.training;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a listener's exceptions from ending the run.
 *
 * @hidden not API
 */
public final class SafeListener implements UnlearningListener {
  private static final Logger logger = LoggerFactory.getLogger(SafeListener.class);

  private final UnlearningListener listener;

  /** Wraps a listener. */
  public SafeListener(UnlearningListener listener) {
    this.listener = listener;
  }

  @Override
  public void progressed(RunProgress progress) {
    safely(() -> listener.progressed(progress));
  }

  @Override
  public void epochEnded(EpochReport report) {
    safely(() -> listener.epochEnded(report));
  }

  @Override
  public void ended(ForgetReport report) {
    try {
      listener.ended(report);
    } catch (Throwable e) { // the run has ended: nothing can undo it, not even for want of memory
      logger.warn("an unlearning listener failed; the run has ended", e);
    }
  }

  private static void safely(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      logger.warn("an unlearning listener failed; the run goes on", e);
    }
  }
}
