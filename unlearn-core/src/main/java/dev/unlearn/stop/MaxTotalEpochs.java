package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Decision;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.StoppingCriterion;
import java.util.OptionalInt;

/** {@link StoppingCriteria#maxTotalEpochs(int)}. */
final class MaxTotalEpochs implements StoppingCriterion {
  private final int epochs;

  MaxTotalEpochs(int epochs) {
    checkArgument(epochs > 0, "maxTotalEpochs must be > 0, but was: %s", epochs);
    this.epochs = epochs;
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    return progress.epoch() < epochs
        ? Decision.proceed()
        : Decision.giveUp("not forgotten after " + epochs + " epochs in all");
  }

  /** What all lots share is a limit for each. */
  @Override
  public OptionalInt epochLimit() {
    return OptionalInt.of(epochs);
  }

  @Override
  public String description() {
    return "max-total-epochs(" + epochs + ")";
  }
}
