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

  /**
   * Creates a share.
   *
   * @param updateTargetCount target tokens in all micro-batches of the update
   * @param updateSequenceCount sequences in all micro-batches of the update
   */
  public Share(Pass pass, long updateTargetCount, int updateSequenceCount) {
    checkArgument(
        updateTargetCount > 0 && updateSequenceCount > 0,
        "counts of an update must be > 0, but were: %s, %s",
        updateTargetCount,
        updateSequenceCount);
    this.pass = pass;
    this.updateTargetCount = updateTargetCount;
    this.updateSequenceCount = updateSequenceCount;
  }

  /** Returns the forward pass over this micro-batch. */
  public Pass pass() {
    return pass;
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
        .div(lasting(perToken, updateTargetCount));
  }

  /**
   * Returns this micro-batch's share of a mean over all sequences of the update.
   *
   * @param perSequence values of shape (B)
   * @return a scalar of shape (), in the batch's manager
   */
  public NDArray sequenceMean(NDArray perSequence) {
    return perSequence.sum().div(lasting(perSequence, updateSequenceCount));
  }

  /**
   * Returns a number as an array that lives as long as the batch. DJL's own operations with numbers
   * keep them in a Java buffer that may be reused before the backward pass reads it.
   */
  private static NDArray lasting(NDArray beside, long number) {
    return beside.getManager().create((float) number);
  }
}
