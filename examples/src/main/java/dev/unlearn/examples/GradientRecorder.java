package dev.unlearn.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import java.util.List;
import java.util.stream.IntStream;

/** An optimizer that changes nothing and copies the gradients it is given. */
record GradientRecorder(List<double[]> gradients) implements Optimizer {

  @Override
  public OptimizerState start(NDManager manager, List<NDArray> parameters) {
    return new OptimizerState() {
      @Override
      public void update(List<NDArray> given) {
        for (NDArray gradient : given) {
          float[] values = gradient.toFloatArray();
          gradients.add(IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public String description() {
    return "gradient-recorder";
  }
}
