package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#satImp}. */
final class SatImp implements Objective {
  private final double saturation;
  private final double importance;

  SatImp(double saturation, double importance) {
    this.saturation = Parameters.notNegative("b1", saturation);
    this.importance = Parameters.notNegative("b2", importance);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(
        ObjectiveOps.reweighted(forget.pass().logProbabilities(), saturation, importance));
  }

  @Override
  public String description() {
    return "satimp(b1=" + saturation + ", b2=" + importance + ")";
  }
}
