package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.OptimizerOps;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.tensor.Mappings;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A copy of a model's weights: in memory on the model's device, or on disk.
 *
 * <p>On disk the copies are a private mapping of a file, so that the system may drop their pages
 * when memory is short and read them again. Pages that are written to, by {@link #swap} or {@link
 * #renew}, become memory.
 */
final class Snapshot implements AutoCloseable {
  /** The name of the file, for the moment in which it has one. */
  static final String FILE = "original.safetensors";

  private final TrainableCausalLm model;
  private final NDManager manager;
  private final List<NDArray> copies = new ArrayList<>();

  /** Where the model has the original values and the copy the others. */
  private final boolean[] swapped;

  /** Taken once: bringing weights back asks the model for nothing. */
  private final List<NDArray> parameters;

  private Snapshot(TrainableCausalLm model, NDManager manager) {
    this.model = model;
    this.manager = manager;
    parameters = List.copyOf(model.parameters().values());
    swapped = new boolean[parameters.size()];
  }

  /** Takes a copy in memory. */
  Snapshot(TrainableCausalLm model) {
    this(model, model.manager().newSubManager());
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

  /**
   * Takes a copy on disk, in a private folder of the temporary files.
   *
   * @throws UnlearningException as {@link #onDisk(TrainableCausalLm, Path)}
   */
  static Snapshot onDisk(TrainableCausalLm model) {
    try {
      Path folder = Files.createTempDirectory("unlearn-snapshot");
      try {
        return onDisk(model, folder);
      } finally {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot keep the original weights in a temporary folder", e);
    }
  }

  /**
   * Takes a copy on disk. The file is deleted as soon as it is mapped: its bytes stay until the
   * last array is closed or the process ends, however it ends. A file that stands in its place is
   * replaced.
   *
   * @throws UnlearningException if the file cannot be written, mapped or deleted; the model is as
   *     it was, and there is no file if it could be deleted
   */
  static Snapshot onDisk(TrainableCausalLm model, Path folder) {
    Path file = folder.resolve(FILE);
    Snapshot snapshot = new Snapshot(model, model.manager().newSubManager(Device.cpu()));
    try {
      snapshot.writeTo(file);
      return snapshot;
    } catch (IOException | UnlearningException e) {
      snapshot.close();
      throw new UnlearningException("cannot keep the original weights in " + file, e);
    } catch (RuntimeException | Error e) {
      snapshot.close();
      throw e;
    }
  }

  private void writeTo(Path file) throws IOException {
    List<SafetensorsWriter.Tensor> tensors = new ArrayList<>();
    model.parameters().forEach((name, a) -> tensors.add(SafetensorsWriter.Tensor.of(name, a)));
    Files.deleteIfExists(file);
    SafetensorsWriter.write(file, Map.of(), tensors);
    try (Mappings mappings = new Mappings()) {
      for (StoredTensor stored : SafetensorsFile.read(file).tensors().values()) {
        copies.add(stored.toFloat32(manager, mappings));
      }
    } finally {
      Files.delete(file);
    }
  }

  /** Takes the copies anew. */
  void renew() {
    TorchOps.get().copy(parameters, copies);
  }

  /** Writes the original values back into the model, bit for bit. */
  void restore() {
    for (int i = 0; i < copies.size(); i++) {
      if (!swapped[i]) {
        TorchOps.get().copy(List.of(copies.get(i)), List.of(parameters.get(i)));
      }
    }
  }

  /**
   * Lets weights and copies change places, bit for bit; once more brings them back. One by one, so
   * that a failure leaves each array either here or there.
   *
   * @throws IllegalStateException if it failed before
   */
  void swap() {
    boolean there = swapped.length > 0 && swapped[0];
    for (boolean one : swapped) {
      checkState(one == there, "some weights are the original ones and some are not");
    }
    for (int i = 0; i < swapped.length; i++) {
      TorchOps.get().swap(copies.get(i), parameters.get(i));
      swapped[i] = !there;
    }
  }

  /**
   * Refuses to go on where a question about the original model was not brought to its end.
   *
   * @throws IllegalStateException if a copy is where a weight should be
   */
  void checkInPlace() {
    for (boolean one : swapped) {
      checkState(!one, "the original weights are in the place of the trained ones");
    }
  }

  /** Returns the copies by the names of the parameters. */
  Map<String, NDArray> values() {
    checkInPlace();
    Map<String, NDArray> values = new LinkedHashMap<>();
    for (String name : model.parameters().keySet()) {
      values.put(name, copies.get(values.size()));
    }
    return values;
  }

  /** Makes the model's weights θ and the copies o into {@code o + factor (θ − o)}. */
  void extrapolate(double factor) {
    for (int i = 0; i < copies.size(); i++) {
      OptimizerOps.extrapolate(parameters.get(i), copies.get(i), factor);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
