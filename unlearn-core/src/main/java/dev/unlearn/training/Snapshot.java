package dev.unlearn.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.OptimizerOps;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A copy of a model's weights, in memory on the model's device. */
final class Snapshot implements AutoCloseable {
  private final TrainableCausalLm model;
  private final NDManager manager;
  private final List<NDArray> copies = new ArrayList<>();

  /** Where the model has the original values and the copy the others. */
  private final BitSet swapped = new BitSet();

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

  /** Takes the copies anew. */
  void renew() {
    TorchOps.get().copy(parameters(), copies);
  }

  /** Writes the original values back into the model, bit for bit. */
  void restore() {
    List<NDArray> parameters = parameters();
    for (int i = 0; i < copies.size(); i++) {
      if (!swapped.get(i)) {
        TorchOps.get().copy(List.of(copies.get(i)), List.of(parameters.get(i)));
      }
    }
  }

  /**
   * Lets weights and copies change places, bit for bit; once more brings them back. One by one, so
   * that a failure leaves each array either here or there.
   */
  void swap() {
    List<NDArray> parameters = parameters();
    for (int i = 0; i < copies.size(); i++) {
      TorchOps.get().swap(copies.get(i), parameters.get(i));
      swapped.flip(i);
    }
  }

  /** Makes the model's weights θ and the copies o into {@code o + factor (θ − o)}. */
  void extrapolate(double factor) {
    OptimizerOps.extrapolate(parameters(), copies, factor);
  }

  private List<NDArray> parameters() {
    return List.copyOf(model.parameters().values());
  }

  @Override
  public void close() {
    manager.close();
  }
}
