package dev.unlearn.spi;

/** How much of each sequence is scored; what is not asked for need not be computed. */
public enum ScoreDetail {
  /** The targets only, not the prompt. */
  TARGETS,

  /** Every position from 1 on. */
  ALL,

  /** As {@link #TARGETS}, with the moments of the log-probabilities of all tokens. */
  MOMENTS
}
