package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import java.util.Set;

/** {@link Objectives#undial}. */
final class Undial implements Objective {
  private final double beta;

  Undial(double beta) {
    this.beta = Parameters.positive("beta", beta);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(
        forget.perTarget(
            targets ->
                ObjectiveOps.crossEntropyToLowered(
                    targets.logits(), targets.reference(), targets.ids(), beta)));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.REFERENCE_LOGITS);
  }

  @Override
  public String description() {
    return "undial(beta=" + beta + ")";
  }
}
