package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Decision;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.StoppingCriterion;
import java.util.OptionalInt;

/** {@link StoppingCriteria#maxEpochs(int)}. */
final class MaxEpochs implements StoppingCriterion {
  private final int epochs;

  MaxEpochs(int epochs) {
    checkArgument(epochs > 0, "maxEpochs must be > 0, but was: %s", epochs);
    this.epochs = epochs;
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    return progress.lotEpoch() < epochs
        ? Decision.proceed()
        : Decision.giveUp("not forgotten after " + epochs + " epochs");
  }

  @Override
  public OptionalInt epochLimit() {
    return OptionalInt.of(epochs);
  }

  @Override
  public String description() {
    return "max-epochs(" + epochs + ")";
  }
}
