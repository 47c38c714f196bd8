package dev.unlearn.api;

/**
 * What a run that gave up or did harm does with the weights. One that diverged always restores
 * them.
 */
public enum GiveUp {
  /** The original weights come back, bit for bit. The default. */
  RESTORE,
  /**
   * The weights of the epoch stay at which the sequences were known least, among those that every
   * guard accepted; the original ones if that is the measurement before the first update, or if the
   * run did harm by the health bound. Takes memory for one more copy of the weights.
   */
  KEEP_BEST,
  /** The last weights stay; they come from a run that gave up or did harm. */
  KEEP_LAST
}
