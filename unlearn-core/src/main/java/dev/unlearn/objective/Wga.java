package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#wga}. */
final class Wga implements Objective {
  private final double beta;

  Wga(double beta) {
    this.beta = Parameters.notNegative("beta", beta);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(ObjectiveOps.reweighted(forget.pass().logProbabilities(), beta, 0));
  }

  @Override
  public String description() {
    return "wga(beta=" + beta + ")";
  }
}
