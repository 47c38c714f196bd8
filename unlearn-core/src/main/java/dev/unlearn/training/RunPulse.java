package dev.unlearn.training;

import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import java.util.OptionalInt;

/** Tells the listener how far a run is, and at every step lets it go on or ends it. */
final class RunPulse implements MeasuringProgress {
  private final UnlearningListener listener;
  private final Cancellation cancellation;
  private int epoch;
  private int lotEpoch;
  private OptionalInt epochLimit = OptionalInt.empty();

  RunPulse(UnlearningListener listener, Cancellation cancellation) {
    this.listener = listener;
    this.cancellation = cancellation;
  }

  /** Sets the largest number of epochs that a lot can take. */
  void limitIs(OptionalInt newLimit) {
    epochLimit = newLimit;
  }

  /** Sets the epoch that is worked on. */
  void epochIs(int newEpoch, int newLotEpoch) {
    epoch = newEpoch;
    lotEpoch = newLotEpoch;
  }

  /** Called as an update goes through its tokens. */
  void updating(String what, long doneTokens, long totalTokens) {
    tell(RunProgress.Phase.UPDATING, what, doneTokens, totalTokens);
  }

  @Override
  public void at(String what, long doneTokens, long totalTokens) {
    tell(RunProgress.Phase.MEASURING, what, doneTokens, totalTokens);
  }

  private void tell(RunProgress.Phase phase, String what, long doneTokens, long totalTokens) {
    step();
    listener.progressed(
        new RunProgress(phase, what, epoch, lotEpoch, epochLimit, doneTokens, totalTokens));
  }

  @Override
  public void step() {
    cancellation.check();
  }
}
