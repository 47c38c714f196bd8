package dev.unlearn.adapter;

/**
 * The settings of a LoRA adapter.
 *
 * @param rankStabilized whether the scale is by the root of the rank (rsLoRA)
 */
record LoraConfig(int rank, double alpha, boolean rankStabilized, Targets targets) {

  double scale() {
    return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }
}
