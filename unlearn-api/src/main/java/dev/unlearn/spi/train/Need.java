package dev.unlearn.spi.train;

/**
 * What an {@link Objective} uses beside the sequences to forget. A run checks all of it before
 * anything is touched, and computes only what is named.
 */
public enum Need {
  /** Sequences to keep: {@link ObjectiveContext#retain()}. */
  RETAIN,
  /** What is to be said instead, one for each sequence: {@link ObjectiveContext#alternatives()}. */
  ALTERNATIVES,
  /**
   * {@link Reference#logLikelihoods()} of sequences to forget and, where they are needed, of their
   * alternatives. Costs one number per sequence, measured once; with random context, a scoring pass
   * of the original model per update.
   */
  REFERENCE_LIKELIHOODS,
  /**
   * The original model's logits on sequences to forget: {@link TargetLogits#reference()} in pieces,
   * or {@link Reference#logits()} as one array of (B, L - 1, vocabulary). Costs a forward pass of
   * the original model per micro-batch.
   */
  REFERENCE_LOGITS,
  /** The same on sequences to keep; costs the same. */
  RETAIN_REFERENCE_LOGITS,
  /**
   * {@link Reference#hiddenStates} of sequences to keep. Costs a forward pass of the original model
   * per micro-batch.
   */
  RETAIN_REFERENCE_STATES,
  /**
   * {@link Pass#logits()} of a whole batch. Costs (B, L, vocabulary) numbers several times over,
   * which only a run that knows of them makes room for.
   */
  WHOLE_LOGITS
}
