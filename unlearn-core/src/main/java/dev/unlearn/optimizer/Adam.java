package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ListMultimap;
import dev.unlearn.internal.OptimizerOps;
import java.util.List;
import java.util.Map;

/** {@link Optimizers#adam} and, where weights decay, {@link Optimizers#adamW}. */
record Adam(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
    implements Rule {

  Adam {
    Optimizers.checkLearningRate(learningRate);
    checkArgument(beta1 >= 0 && beta1 < 1, "beta1 must be >= 0 and < 1, but was: %s", beta1);
    checkArgument(beta2 >= 0 && beta2 < 1, "beta2 must be >= 0 and < 1, but was: %s", beta2);
    checkArgument(
        epsilon > 0 && Double.isFinite(epsilon),
        "epsilon must be finite and > 0, but was: %s",
        epsilon);
    checkArgument(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weightDecay must be finite and >= 0, but was: %s",
        weightDecay);
  }

  @Override
  public Map<String, Shape> memory(Shape parameter) {
    return ImmutableMap.of("mean", parameter, "variance", parameter);
  }

  @Override
  public void apply(
      List<NDArray> parameters,
      List<NDArray> gradients,
      ListMultimap<String, NDArray> memory,
      NDArray step,
      double rateFactor) {
    OptimizerOps.adam(
        parameters,
        gradients,
        memory.get("mean"),
        memory.get("variance"),
        step,
        rateFactor * learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay);
  }

  @Override
  public String description() {
    String constants =
        "(learningRate=%s, beta1=%s, beta2=%s, epsilon=%s"
            .formatted(learningRate, beta1, beta2, epsilon);
    return weightDecay == 0
        ? "adam" + constants + ")"
        : "adamW" + constants + ", weightDecay=" + weightDecay + ")";
  }
}
