package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import java.util.Set;

/** {@link Objectives#dpo}. */
final class Dpo implements Objective {
  private final double beta;

  Dpo(double beta) {
    this.beta = Parameters.positive("beta", beta);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray margins = Targets.logRatios(forget).sub(Targets.logRatios(context.alternatives()));
    return forget.sequenceMean(ObjectiveOps.logSigmoid(margins, -beta, 0, -2 / beta));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.ALTERNATIVES, Need.REFERENCE_LIKELIHOODS);
  }

  @Override
  public String description() {
    return "dpo(beta=" + beta + ")";
  }
}
