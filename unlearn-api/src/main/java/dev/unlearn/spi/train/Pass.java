package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;

/**
 * One forward pass of a model over a batch.
 *
 * <p>What it hands out are <em>leaves</em>: float32 arrays cut off from the model, that require a
 * gradient. An objective builds its graph on them and ends there; once the loop has run that graph
 * backward, {@link #backward()} carries the gradients on into the weights, the language-model head
 * in pieces along the tokens, recomputed. So the (B, L, vocabulary) array never exists whole unless
 * {@link #logits()} is asked for. Each leaf is computed once, when first asked for.
 *
 * <p>All arrays belong to the batch's manager; do not close them.
 */
public interface Pass {

  /** Returns the batch. */
  TokenBatch batch();

  /**
   * Returns the log-probabilities of the true tokens at positions 1 .. L - 1, in nats, shape (B, L
   * - 1); 0 with no gradient where the next position is not a target.
   */
  NDArray logProbabilities();

  /** Returns the logits that predict positions 1 .. L - 1, shape (B, L - 1, vocabulary). */
  NDArray logits();

  /**
   * Returns hidden states of shape (B, L, width): layer 0 is the input of the first block, layer k
   * the output of block k; after the last block the final norm is applied.
   *
   * @throws IllegalArgumentException if the model has no such layer
   */
  NDArray hiddenStates(int layer);

  /**
   * Adds the gradients that the leaves have now, carried through the model, to the gradients of the
   * model's parameters. Called once, by the loop, after the objective's own backward pass.
   */
  void backward();
}
