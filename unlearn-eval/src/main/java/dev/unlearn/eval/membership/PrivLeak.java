package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;

/**
 * Privacy leakage relative to a model retrained without the forget set: {@code PrivLeak = 100 (A -
 * R) / R} (Shi et al., MUSE, 2024, arXiv 2407.06460), of the score Min-40 %.
 *
 * <p>A and R are areas under the curve of the unlearned and of the retrained model in MUSE's
 * convention: the probability that a sequence of the forget set has a <em>higher loss</em> than one
 * of the holdout. That is one less the AUC of this library (and of open-unlearning), the
 * probability that it looks more like a member; all arguments here are the latter.
 *
 * <p>0 is ideal; negative means that the forget set still looks like training data (at least -100),
 * positive that it looks less like it than unseen text does: over-unlearned. The value is unbounded
 * above: it grows as R nears 0. Deviation: open-unlearning adds 1e-10 to the divisor, and takes 0.5
 * for R where there is no retrained model.
 */
public final class PrivLeak {
  /** Min-40 %, the score that PrivLeak is of. */
  public static final double K = 0.4;

  /**
   * The AUC of the retrained model for MUSE News: 1 - .4772 as published in its code, {@code
   * constants.py} of github.com/swj0419/muse_bench.
   */
  public static final double MUSE_NEWS_RETRAINED_AUC = 1 - 0.4772;

  /** The same for MUSE Books: 1 - .5393 as published. */
  public static final double MUSE_BOOKS_RETRAINED_AUC = 1 - 0.5393;

  private PrivLeak() {}

  /**
   * Returns PrivLeak.
   *
   * @param auc of the unlearned model, in [0, 1], higher where the forget set looks like members
   * @param retrainedAuc of the retrained one, likewise, in [0, 1)
   */
  public static double of(double auc, double retrainedAuc) {
    checkArgument(
        retrainedAuc >= 0 && retrainedAuc < 1,
        "retrainedAuc must be in [0, 1), but was: %s; PrivLeak divides by 1 - retrainedAuc",
        retrainedAuc);
    double reference = 1 - retrainedAuc;
    return 100 * ((1 - auc) - reference) / reference;
  }

  /** Returns PrivLeak with the interval of the AUC; what the retrained AUC may err is not in it. */
  public static Estimate of(Estimate auc, double retrainedAuc) {
    return new Estimate(
        of(auc.value(), retrainedAuc),
        auc.interval()
            .map(
                interval ->
                    new Interval(
                        of(interval.high(), retrainedAuc),
                        of(interval.low(), retrainedAuc),
                        interval.confidence())),
        auc.unitCount(),
        auc.method());
  }
}
