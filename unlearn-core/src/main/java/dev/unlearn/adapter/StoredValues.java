package dev.unlearn.adapter;

import static com.google.common.base.Verify.verifyNotNull;
import static dev.unlearn.adapter.PeftFormat.nameOfA;
import static dev.unlearn.adapter.PeftFormat.nameOfB;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.tensor.Mappings;
import dev.unlearn.model.tensor.StoredTensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of an adapter that are in a file. */
final class StoredValues implements AdapterValues, AutoCloseable {
  private final Path file;
  private final Map<String, StoredTensor> tensors;
  private final Mappings mappings = new Mappings();

  StoredValues(Path file, Map<String, StoredTensor> tensors) {
    this.file = file;
    this.tensors = tensors;
  }

  /** Refuses a file that does not hold A and B of every layer, or holds something else. */
  void check(int rank, Map<String, Linear> linears) {
    Map<String, StoredTensor> others = new LinkedHashMap<>(tensors);
    linears.forEach(
        (path, linear) -> {
          check(others.remove(nameOfA(path)), nameOfA(path), (long) rank, linear.inputs());
          check(others.remove(nameOfB(path)), nameOfB(path), linear.outputs(), (long) rank);
        });
    if (!others.isEmpty()) {
      throw new UnlearningException(
          "%s must hold A and B of the layers in %s only, but also holds: %s"
              .formatted(file, PeftFormat.TARGETS, others.keySet().iterator().next()));
    }
  }

  private void check(@Nullable StoredTensor tensor, String name, long rows, long columns) {
    if (tensor == null) {
      throw new UnlearningException("%s must hold %s, but does not".formatted(file, name));
    }
    List<Long> shape = List.of(rows, columns);
    if (!tensor.dimensions().equals(shape)) {
      throw new UnlearningException(
          "%s: %s must have shape %s, but has: %s"
              .formatted(file, name, shape, tensor.dimensions()));
    }
    if (!tensor.type().isWeight()) {
      throw new UnlearningException(
          "%s: %s must be F32, F16 or BF16, but is: %s".formatted(file, name, tensor.type()));
    }
  }

  @Override
  public NDArray a(NDManager manager, String path, Shape shape) {
    return values(manager, nameOfA(path));
  }

  @Override
  public NDArray b(NDManager manager, String path, Shape shape) {
    return values(manager, nameOfB(path));
  }

  /** Copied, so that the file may change. */
  private NDArray values(NDManager manager, String name) {
    try (NDArray mapped = verifyNotNull(tensors.get(name)).toFloat32(manager, mappings)) {
      return mapped.duplicate();
    }
  }

  @Override
  public void close() {
    mappings.close();
  }
}
