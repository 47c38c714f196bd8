package dev.unlearn.objective;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;

/** {@link Objectives#ceU(int)}. */
final class CeU implements Objective {
  private final int skipped;

  CeU(int skipped) {
    this.skipped = Parameters.notNegative("skippedTargets", skipped);
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    for (int index = 0; index < set.size(); index++) {
      int targets = set.sequences().get(index).targetCount();
      checkArgument(
          targets > skipped,
          "sequence %s must have more targets than the %s that ce-u skips, but had: %s",
          index,
          skipped,
          targets);
    }
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
    update.memory().set(scale(), kept == 0 ? 0 : (double) targets / kept);
  }

  /**
   * The name of the factor between the two means; with the parameter, so that two can be summed.
   */
  private String scale() {
    return description() + ".scale";
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray perToken =
        forget.perTarget(
            targets -> ObjectiveOps.crossEntropyWithout(targets.logits(), targets.ids()));
    NDArray kept = forget.pass().batch().targetMask().cumSum(1).gt(skipped);
    NDArray mean = forget.tokenMean(NDArrays.where(kept, perToken, perToken.zerosLike()));
    return ObjectiveOps.scale(mean, context.memory().get(scale(), 1));
  }

  @Override
  public String description() {
    return "ce-u(skippedTargets=" + skipped + ")";
  }
}
