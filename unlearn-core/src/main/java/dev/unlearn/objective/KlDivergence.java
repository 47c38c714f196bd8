package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import java.util.Set;

/** {@link RetainTerms#kl} and, at all positions, {@link OpenUnlearning#kl}. */
final class KlDivergence implements RetainTerm {
  static final RetainTerm STRICT = new KlDivergence(false);
  static final RetainTerm COMPATIBLE = new KlDivergence(true);

  private static final int[] POSITIONS = {1};

  private final boolean everywhere;

  private KlDivergence(boolean everywhere) {
    this.everywhere = everywhere;
  }

  @Override
  public NDArray loss(Share retain) {
    if (everywhere) {
      NDArray all = ObjectiveOps.divergence(retain.pass().logits(), retain.reference().logits());
      return retain.sequenceMean(all.mean(POSITIONS));
    }
    return retain.tokenMean(
        retain.perTarget(
            targets -> ObjectiveOps.divergence(targets.logits(), targets.reference())));
  }

  @Override
  public Set<Need> needs() {
    return everywhere
        ? Set.of(Need.RETAIN_REFERENCE_LOGITS, Need.WHOLE_LOGITS)
        : Set.of(Need.RETAIN_REFERENCE_LOGITS);
  }

  @Override
  public String description() {
    return everywhere ? "open-unlearning-kl" : "kl";
  }
}
