package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.Torch;
import java.util.List;

/** {@link Optimizers#sgd}. */
record Sgd(double learningRate) implements Optimizer {

  @Override
  public OptimizerState start(NDManager manager, List<NDArray> parameters) {
    return new State(List.copyOf(parameters));
  }

  @Override
  public String description() {
    return "sgd(learningRate=%s)".formatted(learningRate);
  }

  private final class State implements OptimizerState {
    private final List<NDArray> parameters;

    State(List<NDArray> parameters) {
      this.parameters = parameters;
    }

    @Override
    public void update(List<NDArray> gradients) {
      try (Torch.GradientMode off = Torch.gradientsOff()) {
        for (int i = 0; i < parameters.size(); i++) {
          try (NDArray change = gradients.get(i).mul(learningRate)) {
            parameters.get(i).subi(change);
          }
        }
      }
    }

    @Override
    public void close() {}
  }
}
