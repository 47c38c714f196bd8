package dev.unlearn.eval.audit;

/** Which values of a measurement are the better ones for an unlearned model. */
public enum Better {
  /** Higher values, as of accuracy on a benchmark. */
  HIGHER,
  /** Lower values, as of perplexity on unseen text. */
  LOWER,
  /**
   * Values near {@link Measurement#reference()}, as of extraction likelihood of what is forgotten.
   */
  NEAR_REFERENCE
}
