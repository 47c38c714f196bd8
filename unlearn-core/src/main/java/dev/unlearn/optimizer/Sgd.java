package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ListMultimap;
import dev.unlearn.internal.OptimizerOps;
import java.util.List;
import java.util.Map;

/** {@link Optimizers#sgd} and {@link Optimizers#nesterov}; without momentum nothing is kept. */
record Sgd(double learningRate, double momentum, boolean nesterov) implements Rule {

  Sgd {
    Optimizers.checkLearningRate(learningRate);
    checkArgument(
        momentum >= 0 && momentum < 1, "momentum must be >= 0 and < 1, but was: %s", momentum);
  }

  @Override
  public Map<String, Shape> memory(Shape parameter) {
    return momentum == 0 ? Map.of() : Map.of("velocity", parameter);
  }

  @Override
  public void apply(
      List<NDArray> parameters,
      List<NDArray> gradients,
      ListMultimap<String, NDArray> memory,
      NDArray step,
      double rateFactor) {
    OptimizerOps.sgd(
        parameters,
        gradients,
        memory.get("velocity"),
        rateFactor * learningRate,
        momentum,
        nesterov);
  }

  @Override
  public String description() {
    return momentum == 0
        ? "sgd(learningRate=%s)".formatted(learningRate)
        : "sgd(learningRate=%s, momentum=%s, nesterov=%s)"
            .formatted(learningRate, momentum, nesterov);
  }
}
