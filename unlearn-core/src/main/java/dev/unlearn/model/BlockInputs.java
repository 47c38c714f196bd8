package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.model.Signature.PastKeyValues;

/** Makes the arrays that a {@link Signature} asks for. */
final class BlockInputs {
  private static final int PAST = 1;

  private BlockInputs() {}

  /**
   * Returns a block's inputs, in the manager of {@code ids}.
   *
   * @param ids int64 of shape (B, L)
   * @param attentionMask int64 of shape (B, L)
   */
  static NDList of(Signature signature, NDArray ids, NDArray attentionMask) {
    NDList inputs = new NDList(ids);
    for (Signature.Input input : signature.inputs()) {
      inputs.add(
          switch (input) {
            case ATTENTION_MASK ->
                signature.past().isPresent() ? hidingThePast(attentionMask) : attentionMask;
            case POSITION_IDS -> positions(ids);
          });
    }
    signature.past().ifPresent(past -> inputs.addAll(zeros(past, ids)));
    return inputs;
  }

  private static NDArray positions(NDArray ids) {
    return ids.getManager()
        .arange(0, (int) ids.getShape().get(1), 1, DataType.INT64)
        .expandDims(0)
        .broadcast(ids.getShape());
  }

  private static NDArray hidingThePast(NDArray attentionMask) {
    long rows = attentionMask.getShape().get(0);
    NDManager manager = attentionMask.getManager();
    return manager.zeros(new Shape(rows, PAST), DataType.INT64).concat(attentionMask, 1);
  }

  private static NDList zeros(PastKeyValues past, NDArray ids) {
    Shape shape = new Shape(ids.getShape().get(0), past.heads(), PAST, past.headWidth());
    NDArray zeros = ids.getManager().zeros(shape);
    // DJL's PyTorch engine nests arrays of such a name: a tuple of layers of pairs.
    zeros.setName("past_key_values(%d,2)".formatted(past.layers()));
    NDList all = new NDList();
    for (int i = 0; i < 2 * past.layers(); i++) {
      all.add(zeros);
    }
    return all;
  }
}
