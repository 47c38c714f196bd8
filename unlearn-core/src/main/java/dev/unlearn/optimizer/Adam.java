package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.TorchOps;
import java.util.List;

/** {@link Optimizers#adam}: both moments are ours, and all parameters change in one call. */
record Adam(double learningRate, double beta1, double beta2, double epsilon) implements Optimizer {

  @Override
  public OptimizerState start(NDManager manager, List<NDArray> parameters) {
    return new State(manager.newSubManager(), parameters);
  }

  @Override
  public String description() {
    return "adam(learningRate=%s, beta1=%s, beta2=%s, epsilon=%s)"
        .formatted(learningRate, beta1, beta2, epsilon);
  }

  private final class State implements OptimizerState {
    private final NDManager manager;
    private final List<NDArray> parameters;
    private final List<NDArray> means;
    private final List<NDArray> variances;
    private final NDArray step;

    State(NDManager manager, List<NDArray> parameters) {
      this.manager = manager;
      this.parameters = List.copyOf(parameters);
      means = zerosLike(parameters);
      variances = zerosLike(parameters);
      step = manager.zeros(new Shape());
    }

    private List<NDArray> zerosLike(List<NDArray> arrays) {
      return arrays.stream().map(array -> manager.zeros(array.getShape())).toList();
    }

    @Override
    public void update(List<NDArray> gradients) {
      step.addi(1);
      TorchOps.get()
          .adam(parameters, gradients, means, variances, step, learningRate, beta1, beta2, epsilon);
    }

    @Override
    public void close() {
      manager.close();
    }
  }
}
