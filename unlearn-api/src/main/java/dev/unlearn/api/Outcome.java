package dev.unlearn.api;

/** How a run ended. */
public enum Outcome {
  /** The set is forgotten and no harm was measured: the model has new weights. */
  FORGOTTEN,
  /**
   * The set is forgotten, but on unseen text the model lost more than the health bound allows: the
   * original weights are restored unless the recipe keeps the last ones.
   */
  DAMAGED,
  /**
   * A criterion or a guard gave up before the set was forgotten: the original weights are restored.
   */
  GAVE_UP,
  /** The same, but the recipe keeps the best or the last weights. */
  PARTIAL,
  /**
   * The loss, the gradient or the weights became NaN or infinite, the gradient too large, or a
   * metric undefined: the original weights are restored.
   */
  DIVERGED,
  /**
   * The caller, the deadline or an interrupt ended the run: the original weights are restored. With
   * a work directory it can be resumed.
   */
  CANCELLED,
  /**
   * The run ended with an exception; see {@link ForgetFailedException}. With a work directory it
   * can be resumed.
   */
  FAILED
}
