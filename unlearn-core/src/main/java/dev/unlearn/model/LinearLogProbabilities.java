package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.HeadOps;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import org.jspecify.annotations.Nullable;

/**
 * Log-probabilities of targets by a head that is one matrix, the way there and back by {@link
 * HeadOps}. Probabilities are kept for the way back, as far as {@value #KEPT_BYTES} bytes go; the
 * others are computed again.
 */
final class LinearLogProbabilities implements HeadOutput {
  /** What a pass may keep. */
  private static final long KEPT_BYTES = 384L << 20;

  /** Computed at a time, in {@link Pieces}: fewer and larger products are faster. */
  private static final int PIECES = 4;

  private final OutputMatrix head;
  private final TargetStates targets;
  private final HeadOps.Forward forward;
  private final NDArray leaf;

  /**
   * Computes the values.
   *
   * @param precision of the products
   * @param trained whether they will be sent back
   * @param memory of probabilities
   */
  LinearLogProbabilities(
      OutputMatrix head,
      TargetStates targets,
      Precision precision,
      boolean trained,
      HeadMemory memory) {
    this.head = head;
    this.targets = targets;
    long vocabularySize = head.weight().getShape().get(0);
    HeadOps.Cut cut = cut(vocabularySize, head.cap(), precision, trained, targets.count());
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDScope scope = Scopes.open()) {
      forward = HeadOps.forward(head, targets.states(), targets.ids(), cut, memory);
      leaf = HeadOutput.leafOf(targets.toGrid(forward.logProbabilities()), trained);
      if (!trained) {
        forward.close();
      }
    }
  }

  /**
   * Returns how targets are gone through: in one piece, where no other array of its size is made
   * and all are kept.
   *
   * @param cap of logits, 0 for none
   */
  static HeadOps.Cut cut(
      long vocabularySize, double cap, Precision precision, boolean trained, long count) {
    long kept = trained ? KEPT_BYTES / (Float.BYTES * vocabularySize) : 0;
    boolean whole = precision == Precision.FLOAT32 && cap == 0 && count <= kept;
    HeadOps.Operands operands =
        switch (precision) {
          case FLOAT32 -> HeadOps.Operands.FLOAT32;
          case BFLOAT16_MIXED -> HeadOps.Operands.BFLOAT16;
          case FLOAT16_MIXED -> HeadOps.Operands.FLOAT16;
        };
    return new HeadOps.Cut(operands, whole ? count : PIECES * Pieces.size(vocabularySize), kept);
  }

  @Override
  public NDArray leaf() {
    return leaf;
  }

  @Override
  public NDArray backward() {
    NDArray weight = gradientOf(head.weight());
    NDArray bias = gradientOf(head.bias());
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray gradient = targets.fromGrid(leaf.getGradient());
      NDArray back = HeadOps.backward(head, forward, gradient, weight, bias);
      forward.close();
      return targets.toBatch(back);
    }
  }

  private static @Nullable NDArray gradientOf(@Nullable NDArray parameter) {
    return parameter != null && Torch.requiresGradient(parameter)
        ? TorchOps.get().gradient(parameter)
        : null;
  }
}
