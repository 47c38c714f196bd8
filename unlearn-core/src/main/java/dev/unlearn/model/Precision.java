package dev.unlearn.model;

/**
 * In which numbers training computes. Weights, gradients, the optimizer's state, the residual
 * stream, norms, softmax and log-probabilities are float32 in all of them; the mixed ones round the
 * operands of matrix products to 16 bits, forward and backward: of linear layers with what adapters
 * add to them, of attention, and of the head. Sums are kept in float32, but a result of a product
 * is rounded to 16 bits before it becomes float32 again, because PyTorch's kernels give it so.
 *
 * <p>It is for passes that train. What is measured, scored or generated, and what the original
 * model says, is computed in float32 whatever this is: metrics decide, so they are exact.
 */
public enum Precision {
  /** All in float32. */
  FLOAT32,

  /**
   * Operands are bfloat16, 8 significant bits over the range of float32. Faster on CPUs with AMX
   * and GPUs with bfloat16; slower on others.
   */
  BFLOAT16_MIXED,

  /**
   * Operands are IEEE half, 11 significant bits between 6e-8 and 65,504. Gradients are too small
   * for it, so that a loss is multiplied by a power of two before it goes back, and gradients are
   * divided by it. The factor begins at 2^16, is halved until an update's gradient is finite, and
   * doubles after sixteen updates that were. For GPUs without bfloat16; CPUs mostly have no
   * instructions for it.
   */
  FLOAT16_MIXED
}
