package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * One forward pass of a model over a batch.
 *
 * <p>What it hands out are <em>leaves</em>: float32 arrays cut off from the model, that require a
 * gradient. An objective builds its graph on them and ends there; once the loop has run that graph
 * backward, {@link #backward()} carries the gradients on into the weights, the language-model head
 * in pieces along the tokens. Logits exist at places that predict a target only, and the (B, L,
 * vocabulary) array never exists whole unless {@link #logits()} is asked for. Each leaf is computed
 * once, when first asked for; {@link #perTarget} makes one with each call.
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

  /**
   * Returns values of a term at the targets, shape (B, L - 1); 0 with no gradient where the next
   * position is not a target. The term is computed in pieces, and again on the way back, so that
   * logits of one piece exist at a time.
   *
   * <p>This default has them all at once.
   *
   * @param reference answers {@link TargetLogits#reference()}
   */
  default NDArray perTarget(TargetTerm term, Reference reference) {
    NDArray all = logits();
    long vocabulary = all.getShape().get(2);
    NDArray next = batch().ids().get(new NDIndex(":, 1:"));
    TargetLogits targets =
        new TargetLogits(
            all.reshape(new Shape(-1, vocabulary)),
            next.reshape(new Shape(-1)),
            () -> reference.logits().reshape(new Shape(-1, vocabulary)));
    NDArray values = term.values(targets).reshape(batch().targetMask().getShape());
    NDArray isTarget = batch().targetMask().toType(DataType.BOOLEAN, false);
    return NDArrays.where(isTarget, values, values.zerosLike());
  }

  /**
   * Returns logits, without gradient, of some places.
   *
   * <p>This default has them all at once.
   *
   * @param places as {@link TokenBatch#targetPlaces()} counts them
   * @return shape (number of places, vocabulary)
   */
  default NDArray logitsAt(long[] places) {
    NDArray all = logits().stopGradient();
    return all.reshape(new Shape(-1, all.getShape().get(2))).get(batch().manager().create(places));
  }

  /**
   * Returns the logits that predict positions 1 .. L - 1, shape (B, L - 1, vocabulary). Expensive:
   * where a value of each target is wanted, {@link #perTarget} needs no such array.
   */
  NDArray logits();

  /**
   * Returns hidden states of shape (B, L, width): layer 0 is the input of the first block, layer k
   * the output of block k; after the last block the final norm is applied. Blocks above the highest
   * layer that is asked for are not run, if nothing else asks for them.
   *
   * @throws IllegalArgumentException if the model has no such layer
   */
  NDArray hiddenStates(int layer);

  /**
   * Returns whether more has been asked for than hidden states below the last, so that the model
   * has been run to its end. This default is for a pass that always is.
   */
  default boolean reachedEnd() {
    return true;
  }

  /**
   * Adds the gradients that the leaves have now, carried through the model, to the gradients of the
   * model's parameters. Called once, by the loop, after the objective's own backward pass.
   */
  void backward();
}
