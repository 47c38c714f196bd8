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
  /** The loss or the weights became NaN or infinite: the original weights are restored. */
  DIVERGED
}
