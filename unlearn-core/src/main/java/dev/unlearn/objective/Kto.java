package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.UpdateContext;
import java.util.List;
import java.util.Set;

/** {@link Objectives#kto}. */
final class Kto implements Objective {
  private final double beta;

  Kto(double beta) {
    this.beta = Parameters.positive("beta", beta);
  }

  @Override
  public void prepare(UpdateContext update) {
    List<TokenSequence> alternatives = update.alternatives();
    double[] now = update.logLikelihoods(alternatives);
    double[] before = update.referenceLogLikelihoods(alternatives);
    double sum = 0;
    for (int i = 0; i < now.length; i++) {
      sum += now[i] - before[i];
    }
    update.memory().set(constant(), sum / now.length);
  }

  private String constant() {
    return description() + ".constant";
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray ratios = Targets.logRatios(forget);
    double constant = context.memory().get(constant(), 0);
    NDArray values = ObjectiveOps.sigmoid(ratios, -beta, constant, -2 / beta);
    return forget.sequenceMean(values.add(values.onesLike()));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.ALTERNATIVES, Need.REFERENCE_LIKELIHOODS);
  }

  @Override
  public String description() {
    return "kto(beta=" + beta + ")";
  }
}
