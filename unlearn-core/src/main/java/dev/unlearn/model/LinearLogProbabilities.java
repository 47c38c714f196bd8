package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.HeadOps;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.generation.OutputMatrix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Log-probabilities of targets by a head that is one matrix, the way there and back by {@link
 * HeadOps}. The probabilities of the first pieces are kept for the way back, as far as {@value
 * #KEPT_BYTES} bytes go; the others are computed again.
 */
final class LinearLogProbabilities implements HeadOutput {
  /** What a pass may keep. */
  static final long KEPT_BYTES = 384L << 20;

  private final OutputMatrix matrix;
  private final TargetStates targets;
  private final Pieces pieces;
  private final NDArray leaf;
  private final Map<Long, HeadOps.Rows> kept = new HashMap<>();

  LinearLogProbabilities(
      OutputMatrix matrix, TargetStates targets, int vocabularySize, boolean trained) {
    this.matrix = matrix;
    this.targets = targets;
    pieces = new Pieces(targets.count(), vocabularySize);
    long rowBytes = (long) Float.BYTES * vocabularySize;
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDScope scope = Scopes.open()) {
      NDList parts = new NDList();
      pieces.forEach(
          (begin, end) -> {
            HeadOps.Rows rows = forward(begin, end);
            parts.add(rows.logProbabilities());
            if (trained && end * rowBytes <= KEPT_BYTES) {
              rows.unregister();
              kept.put(begin, rows);
            } else {
              rows.closeRest();
            }
          });
      leaf = HeadOutput.leafOf(targets.toGrid(Pieces.joined(parts)), trained);
    }
  }

  private HeadOps.Rows forward(long begin, long end) {
    return HeadOps.forward(
        Pieces.rows(targets.states(), begin, end),
        matrix.weight(),
        matrix.bias(),
        matrix.cap(),
        Pieces.rows(targets.ids(), begin, end));
  }

  @Override
  public NDArray leaf() {
    return leaf;
  }

  @Override
  public @Nullable NDArray backward() {
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      if (!TorchOps.get().withoutGradient(List.of(leaf)).isEmpty()) {
        return null;
      }
      NDArray gradient = targets.fromGrid(leaf.getGradient());
      NDList parts = new NDList();
      pieces.forEach(
          (begin, end) -> {
            try (NDScope scope = Scopes.open()) {
              HeadOps.Rows rows = kept.remove(begin);
              if (rows == null) {
                rows = forward(begin, end);
              }
              NDArray own = Pieces.rows(gradient, begin, end);
              NDArray ids = Pieces.rows(targets.ids(), begin, end);
              NDArray part = HeadOps.statesGradient(own, rows, matrix.weight(), ids);
              NDScope.unregister(part);
              parts.add(part);
              addWeightGradient(own, rows, Pieces.rows(targets.states(), begin, end), ids);
              rows.closeRest();
            }
          });
      return targets.toBatch(Pieces.joined(parts));
    }
  }

  private void addWeightGradient(NDArray gradient, HeadOps.Rows rows, NDArray states, NDArray ids) {
    NDArray weight = gradientOf(matrix.weight());
    NDArray bias = gradientOf(matrix.bias());
    if (weight != null || bias != null) {
      HeadOps.addWeightGradient(weight, bias, gradient, rows, states, ids);
    }
  }

  private static @Nullable NDArray gradientOf(@Nullable NDArray parameter) {
    return parameter != null && Torch.requiresGradient(parameter)
        ? TorchOps.get().gradient(parameter)
        : null;
  }
}
