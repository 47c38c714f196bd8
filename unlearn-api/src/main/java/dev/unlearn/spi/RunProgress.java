package dev.unlearn.spi;

import java.util.OptionalInt;

/**
 * Where a run is.
 *
 * @param phase what is being done
 * @param what the metric's key while measuring, else the objective's description
 * @param epoch the epoch being worked on; 0 before the first update
 * @param lotEpoch the same, counted from the current lot's beginning
 * @param epochLimit the largest number of epochs the lot can take, where known
 * @param doneTokens tokens done in this phase
 * @param totalTokens tokens to do in this phase
 */
public record RunProgress(
    Phase phase,
    String what,
    int epoch,
    int lotEpoch,
    OptionalInt epochLimit,
    long doneTokens,
    long totalTokens) {

  /** What a run does. */
  public enum Phase {
    /** Computing gradients and updating the weights. */
    UPDATING,
    /** Measuring a metric. */
    MEASURING
  }
}
