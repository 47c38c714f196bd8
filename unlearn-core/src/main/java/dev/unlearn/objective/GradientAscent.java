package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#gradientAscent()}. */
final class GradientAscent implements Objective {
  static final Objective INSTANCE = new GradientAscent();

  private GradientAscent() {}

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(forget.pass().logProbabilities());
  }

  @Override
  public String description() {
    return "gradient-ascent";
  }
}
