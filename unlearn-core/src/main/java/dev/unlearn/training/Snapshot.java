package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.OptimizerOps;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;

/** A copy of a model's weights, in memory on the model's device. */
final class Snapshot implements AutoCloseable {
  private final TrainableCausalLm model;
  private final NDManager manager;
  private final List<NDArray> copies = new ArrayList<>();
  private boolean swapped;
  private boolean broken;

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

  /** Writes the copies back into the model, bit for bit. */
  void restore() {
    checkState(!broken, "weights and copies failed to change places");
    if (swapped) {
      swap();
    }
    TorchOps.get().copy(copies, parameters());
  }

  /** Lets weights and copies change places, bit for bit; once more brings them back. */
  void swap() {
    broken = true;
    TorchOps.get().swap(copies, parameters());
    broken = false;
    swapped = !swapped;
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
