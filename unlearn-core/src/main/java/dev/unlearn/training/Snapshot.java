package dev.unlearn.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;

/** A copy of a model's weights, in memory on the model's device. */
final class Snapshot implements AutoCloseable {
  private final TrainableCausalLm model;
  private final NDManager manager;
  private final List<NDArray> copies = new ArrayList<>();

  Snapshot(TrainableCausalLm model) {
    this.model = model;
    manager = model.manager().newSubManager();
    try {
      for (NDArray array : model.parameters().values()) {
        NDArray copy = array.duplicate();
        copy.attach(manager);
        copies.add(copy);
      }
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  /** Writes the copies back into the model, bit for bit. */
  void restore() {
    TorchOps.get().copy(copies, List.copyOf(model.parameters().values()));
  }

  @Override
  public void close() {
    manager.close();
  }
}
