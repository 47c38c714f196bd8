package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.decoder.TrunkLayers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A trunk of which only the states stay, activation checkpointing. Backward, each layer is run once
 * more, from above, and its graph goes before that of the layer below begins.
 */
final class RecomputedTrunk implements Trunk {
  private final TrunkLayers layers;
  private final List<NDArray> states = new ArrayList<>();

  /** The lowest layer with a trained parameter, 0 for what makes the first state. */
  private int lowest = Integer.MAX_VALUE;

  RecomputedTrunk(TrunkLayers layers) {
    this.layers = layers;
  }

  @Override
  public int size() {
    return layers.count() + 1;
  }

  /** With a graph for as long as a layer runs: whether there is one tells what is trained. */
  @Override
  public NDArray state(int index) {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      for (int i = states.size(); i <= index; i++) {
        NDArray output = run(i);
        if (TorchOps.get().isTrained(output)) {
          lowest = Math.min(lowest, i);
        }
        NDArray state = output.stopGradient();
        NDScope.unregister(state);
        states.add(state);
        output.close();
      }
    }
    return states.get(index);
  }

  private NDArray run(int layer) {
    return layer == 0 ? layers.first() : layers.run(layer, states.get(layer - 1));
  }

  @Override
  public boolean reachedEnd() {
    return states.size() == size();
  }

  @Override
  public void backward(Map<Integer, NDArray> gradients) {
    @Nullable NDArray gradient = null;
    for (int i = states.size() - 1; i >= lowest; i--) {
      gradient = sum(gradient, gradients.get(i));
      if (gradient != null) {
        NDArray below = backward(i, gradient);
        gradient.close();
        gradient = below;
      }
    }
  }

  /** Sends a gradient through a layer and returns that of its input, if anything below wants it. */
  private @Nullable NDArray backward(int layer, NDArray gradient) {
    try (NDScope scope = Scopes.open()) {
      if (layer == lowest) {
        Torch.backward(run(layer), gradient);
        return null;
      }
      NDArray input = states.get(layer - 1).stopGradient();
      input.setRequiresGradient(true);
      Torch.backward(layers.run(layer, input), gradient);
      NDArray below = input.getGradient();
      NDScope.unregister(below);
      return below;
    }
  }

  private static @Nullable NDArray sum(@Nullable NDArray one, @Nullable NDArray other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    NDArray sum = one.add(other);
    one.close();
    return sum;
  }
}
