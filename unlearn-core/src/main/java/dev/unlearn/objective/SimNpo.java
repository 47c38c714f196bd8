package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;

/** {@link Objectives#simNpo}. */
final class SimNpo implements Objective {
  private final double beta;
  private final double delta;

  SimNpo(double beta, double delta) {
    this.beta = Parameters.positive("beta", beta);
    this.delta = Parameters.finite("delta", delta);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray means = forget.logLikelihoods().div(Targets.counts(forget));
    return forget.sequenceMean(ObjectiveOps.logSigmoid(means, -beta, -beta * delta, -2 / beta));
  }

  @Override
  public String description() {
    return "simnpo(beta=" + beta + ", delta=" + delta + ")";
  }
}
