package dev.unlearn.spi;

/** How much of each sequence is scored; what is not asked for need not be computed. */
public enum ScoreDetail {
  /** The targets only, not the prompt. */
  TARGETS,

  /** Every position from 1 on. */
  ALL,

  /** The greedy choice at every position from 1 on; log-probabilities need not be there. */
  CHOICES,

  /** As {@link #TARGETS}, with the moments of the log-probabilities of all tokens. */
  MOMENTS;

  /** Returns whether positions in the prompt are scored, too. */
  public boolean coversPrompt() {
    return this == ALL || this == CHOICES;
  }
}
