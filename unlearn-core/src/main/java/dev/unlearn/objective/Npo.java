package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import java.util.Set;

/** {@link Objectives#npo} and, per token, {@link Objectives#lengthNormalizedNpo}. */
final class Npo implements Objective {
  private final double beta;
  private final boolean perToken;

  Npo(double beta, boolean perToken) {
    this.beta = Parameters.positive("beta", beta);
    this.perToken = perToken;
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray ratios = Targets.logRatios(forget);
    NDArray stated = perToken ? ratios.div(Targets.counts(forget)) : ratios;
    return forget.sequenceMean(ObjectiveOps.logSigmoid(stated, -beta, 0, -2 / beta));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.REFERENCE_LIKELIHOODS);
  }

  @Override
  public String description() {
    return (perToken ? "length-normalized-npo" : "npo") + "(beta=" + beta + ")";
  }
}
