package dev.unlearn.training;

import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.Precision;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;

/**
 * The power of two that a loss is multiplied by before it goes back, so that 16-bit gradients are
 * not too small; 1 where gradients have the range of float32. It is halved as long as gradients are
 * too large, and doubles after {@value #UPDATES_TO_DOUBLE} updates in a row that were not. Its
 * state is in the run's memory, so that a resumed run goes on with it.
 */
final class LossScale {
  private static final String SCALE = "float16.lossScale";
  private static final String WENT_WELL = "float16.updatesThatWentWell";
  private static final double FIRST = 0x1p16;
  private static final int UPDATES_TO_DOUBLE = 16;

  private final ObjectiveMemory memory;
  private final boolean isUsed;

  LossScale(TrainableCausalLm model, ObjectiveMemory memory) {
    this.memory = memory;
    isUsed = DjlCausalLm.precisionOf(model) == Precision.FLOAT16_MIXED;
  }

  double value() {
    return isUsed ? memory.get(SCALE, FIRST) : 1;
  }

  /** Halves the scale, and returns whether it could; 1 is the least. */
  boolean halve() {
    double now = value();
    if (now == 1) {
      return false;
    }
    memory.set(SCALE, now / 2);
    memory.set(WENT_WELL, 0);
    return true;
  }

  /** Counts an update whose gradient was finite. */
  void wentWell() {
    if (!isUsed) {
      return;
    }
    double count = memory.get(WENT_WELL, 0) + 1;
    if (count == UPDATES_TO_DOUBLE) {
      memory.set(SCALE, 2 * value());
    }
    memory.set(WENT_WELL, count % UPDATES_TO_DOUBLE);
  }
}
