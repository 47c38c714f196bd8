package dev.unlearn.api;

/**
 * What a run that gave up or did harm does with the weights. One that diverged always restores
 * them.
 */
public enum GiveUp {
  /** The original weights come back, bit for bit. The default. */
  RESTORE,
  /** The last weights stay; they come from a run that gave up or did harm. */
  KEEP_LAST
}
