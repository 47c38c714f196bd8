package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.decoder.TrunkLayers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A trunk in one graph, if it is to be sent backward. */
final class GraphTrunk implements Trunk {
  private final TrunkLayers layers;
  private final boolean trained;
  private final List<NDArray> states = new ArrayList<>();

  GraphTrunk(TrunkLayers layers, boolean trained) {
    this.layers = layers;
    this.trained = trained;
  }

  @Override
  public int size() {
    return layers.count() + 1;
  }

  @Override
  public NDArray state(int index) {
    try (Torch.GradientMode mode = trained ? Torch.gradientsOn() : Torch.gradientsOff()) {
      for (int i = states.size(); i <= index; i++) {
        NDArray state = i == 0 ? layers.first() : layers.run(i, states.get(i - 1));
        NDScope.unregister(state);
        states.add(state);
      }
    }
    return states.get(index);
  }

  @Override
  public boolean reachedEnd() {
    return states.size() == size();
  }

  /** States above the lowest trained parameter have a graph, which ends there. */
  @Override
  public void backward(Map<Integer, NDArray> gradients) {
    List<Map.Entry<Integer, NDArray>> arrived =
        gradients.entrySet().stream()
            .filter(entry -> TorchOps.get().isTrained(states.get(entry.getKey())))
            .toList();
    if (arrived.size() == 1) {
      Map.Entry<Integer, NDArray> only = arrived.get(0);
      Torch.backward(states.get(only.getKey()), only.getValue());
      return;
    }
    // One backward pass has one root; the sum of these products has the gradients of all.
    arrived.stream()
        .map(entry -> states.get(entry.getKey()).mul(entry.getValue()).sum())
        .reduce(NDArray::add)
        .ifPresent(root -> Torch.backward(root, root.onesLike()));
  }
}
