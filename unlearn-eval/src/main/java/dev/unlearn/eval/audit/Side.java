package dev.unlearn.eval.audit;

/** What a measurement is about. */
public enum Side {
  /** How well the model still knows what is to be forgotten. */
  PRIVACY,
  /** How good the model is at what it is for. */
  UTILITY
}
