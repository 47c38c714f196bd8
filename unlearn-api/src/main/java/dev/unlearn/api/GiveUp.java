package dev.unlearn.api;

/** What a run that did not end well does with the weights. */
public enum GiveUp {
  /** The original weights come back, bit for bit. The default. */
  RESTORE,
  /** The last weights stay; they come from a run that gave up or did harm. */
  KEEP_LAST
}
