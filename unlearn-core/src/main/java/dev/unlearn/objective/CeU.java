package dev.unlearn.objective;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.UpdateContext;

/** {@link Objectives#ceU(int)}. */
final class CeU implements Objective {
  private static final String SCALE = "ce-u.scale";

  private final int skipped;

  CeU(int skipped) {
    this.skipped = Parameters.notNegative("skippedTargets", skipped);
  }

  /** A token mean divides by all targets of the update, this mean by those that are not skipped. */
  @Override
  public void prepare(UpdateContext update) {
    long targets = 0;
    long kept = 0;
    for (var sequence : update.forget()) {
      targets += sequence.targetCount();
      kept += Math.max(0, sequence.targetCount() - skipped);
    }
    checkArgument(
        kept > 0,
        "ce-u skips the first %s targets of each sequence, so one of the update must have more, but"
            + " none has",
        skipped);
    update.memory().set(SCALE, (double) targets / kept);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray perToken =
        ObjectiveOps.crossEntropyWithout(forget.pass().logits(), Targets.ids(forget));
    NDArray kept = forget.pass().batch().targetMask().cumSum(1).gt(skipped);
    NDArray mean = forget.tokenMean(NDArrays.where(kept, perToken, perToken.zerosLike()));
    return ObjectiveOps.scale(mean, context.memory().get(SCALE, 1));
  }

  @Override
  public String description() {
    return "ce-u(skippedTargets=" + skipped + ")";
  }
}
