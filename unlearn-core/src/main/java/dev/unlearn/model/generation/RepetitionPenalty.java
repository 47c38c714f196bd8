package dev.unlearn.model.generation;

import java.util.BitSet;

/** Lowers the scores of tokens that are there already, each once (arXiv 1909.05858). */
final class RepetitionPenalty {
  private final double penalty;
  private final BitSet seen = new BitSet();

  RepetitionPenalty(double penalty) {
    this.penalty = penalty;
  }

  /** Changes logits in place. Ids without a logit have no effect. */
  void apply(int[] tokens, float[] logits) {
    seen.clear();
    for (int id : tokens) {
      if (id < logits.length && !seen.get(id)) {
        seen.set(id);
        logits[id] = (float) (logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty);
      }
    }
  }
}
