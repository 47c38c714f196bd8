package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#invertedHinge}. */
final class InvertedHinge implements Objective {
  static final Objective INSTANCE = new InvertedHinge();

  private InvertedHinge() {}

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(
        forget.perTarget(targets -> ObjectiveOps.invertedHinge(targets.logits(), targets.ids())));
  }

  @Override
  public String description() {
    return "inverted-hinge";
  }
}
