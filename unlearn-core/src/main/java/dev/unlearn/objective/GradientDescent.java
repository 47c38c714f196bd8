package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#gradientDescent()}. */
final class GradientDescent implements Objective {
  static final Objective INSTANCE = new GradientDescent();

  private GradientDescent() {}

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share taught = context.forget();
    return taught.tokenMean(taught.pass().logProbabilities()).neg();
  }

  @Override
  public String description() {
    return "gradient-descent";
  }
}
