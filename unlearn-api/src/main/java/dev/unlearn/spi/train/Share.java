package dev.unlearn.spi.train;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;

/**
 * One micro-batch of an update: its pass, and the means that make its loss a <em>share</em> of the
 * whole update's loss. The shares of all micro-batches add up to the mean over the whole lot,
 * however it is split; a mean of micro-batch means would not, as soon as lengths differ.
 */
public final class Share {
  private final Pass pass;
  private final long updateTargetCount;
  private final int updateSequenceCount;
  private final Reference reference;

  /**
   * Creates a share.
   *
   * @param reference what the original model says about the pass's batch
   * @param updateTargetCount target tokens in all micro-batches of the update
   * @param updateSequenceCount sequences in all micro-batches of the update
   */
  public Share(Pass pass, Reference reference, long updateTargetCount, int updateSequenceCount) {
    checkArgument(
        updateTargetCount > 0 && updateSequenceCount > 0,
        "counts of an update must be > 0, but were: %s, %s",
        updateTargetCount,
        updateSequenceCount);
    this.pass = pass;
    this.reference = reference;
    this.updateTargetCount = updateTargetCount;
    this.updateSequenceCount = updateSequenceCount;
  }

  /** Returns the forward pass over this micro-batch. */
  public Pass pass() {
    return pass;
  }

  /** Returns what the original model says about this micro-batch. */
  public Reference reference() {
    return reference;
  }

  /**
   * Returns values of a term at the targets, shape (B, L - 1), 0 elsewhere, as {@link
   * Pass#perTarget} computes them: in pieces.
   */
  public NDArray perTarget(TargetTerm term) {
    return pass.perTarget(term, reference);
  }

  /**
   * Returns the summed log-probability of the targets of each sequence, in nats, shape (B), in the
   * graph of {@link Pass#logProbabilities()}.
   */
  public NDArray logLikelihoods() {
    return pass.logProbabilities().sum(new int[] {1}); // 0 at non-targets
  }

  /**
   * Returns this micro-batch's share of a mean over all target tokens of the update.
   *
   * @param perToken values of shape (B, L - 1); those at non-targets are ignored, but where one is
   *     infinite its gradient may be NaN: log-probabilities there are 0, so keep {@code ln(1 - p)}
   *     away from them
   * @return a scalar of shape (), in the batch's manager
   */
  public NDArray tokenMean(NDArray perToken) {
    NDArray isTarget = pass.batch().targetMask().toType(DataType.BOOLEAN, false);
    return NDArrays.where(isTarget, perToken, perToken.zerosLike())
        .sum()
        .div(Lasting.number(perToken, (double) updateTargetCount));
  }

  /**
   * Returns this micro-batch's share of a mean over all sequences of the update.
   *
   * @param perSequence values of shape (B)
   * @return a scalar of shape (), in the batch's manager
   */
  public NDArray sequenceMean(NDArray perSequence) {
    return perSequence.sum().div(Lasting.number(perSequence, updateSequenceCount));
  }
}
