package dev.unlearn.eval.audit;

/** Whether an attack brings back what was forgotten. */
public enum Recovery {
  /** It does: more than of unseen text, beyond chance and margin. */
  COMES_BACK,
  /** The excess over unseen text is within the margin, at the interval's confidence. */
  NOT_SEEN,
  /** The data do not decide it: too few sequences, or nothing to compare with. */
  UNDECIDED
}
