package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.unlearn.spi.train.Share;

/** The targets of a micro-batch. */
final class Targets {
  private static final NDIndex FROM_SECOND = new NDIndex(":, 1:");
  private static final int[] POSITIONS = {1};

  private Targets() {}

  /** Returns the number of targets of each sequence, shape (B). */
  static NDArray counts(Share share) {
    return share.pass().batch().targetMask().sum(POSITIONS);
  }

  /**
   * Returns the sum over each sequence's targets, shape (B).
   *
   * @param perPosition a value for each token itself, shape (B, L)
   */
  static NDArray sums(Share share, NDArray perPosition) {
    return perPosition.get(FROM_SECOND).mul(share.pass().batch().targetMask()).sum(POSITIONS);
  }

  /** Returns {@code ln p(y) - ln p₀(y)} of each sequence, shape (B). */
  static NDArray logRatios(Share share) {
    return share.logLikelihoods().sub(share.reference().logLikelihoods());
  }
}
