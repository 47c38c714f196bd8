package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.common.collect.ImmutableSet;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.tensor.StoredTensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Arrays in a work directory, checked when the journal was opened; there until its next line. */
public final class StoredState {
  private final Path path;
  private final SafetensorsFile file;

  StoredState(Path path) {
    this.path = path;
    file = SafetensorsFile.read(path);
  }

  /** Returns the names of all arrays. */
  public Set<String> names() {
    return ImmutableSet.copyOf(file.tensors().keySet());
  }

  /**
   * Copies values into arrays, bit for bit and in place; nothing stays with their managers. All is
   * checked before any array is written to.
   *
   * @param prefix of the names in the file, such as {@code "weights/"}
   * @param targets by name without the prefix: exactly those that are in the file under it
   * @throws IllegalArgumentException if a name, shape or type differs
   */
  public void load(String prefix, Map<String, NDArray> targets) {
    Set<String> wanted = targets.keySet().stream().map(prefix::concat).collect(Collectors.toSet());
    for (String name : file.tensors().keySet()) {
      checkArgument(
          !name.startsWith(prefix) || wanted.contains(name),
          "%s must hold no array but those loaded, but holds: %s",
          path,
          name);
    }
    targets.forEach((name, target) -> check(prefix + name, target));
    targets.forEach((name, target) -> copy(prefix + name, target));
  }

  private void check(String name, NDArray target) {
    StoredTensor tensor = file.tensors().get(name);
    checkArgument(tensor != null, "%s must hold %s, but does not", path, name);
    List<Long> shape = Arrays.stream(target.getShape().getShape()).boxed().toList();
    checkArgument(
        tensor.dimensions().equals(shape)
            && tensor.type().djlType().filter(target.getDataType()::equals).isPresent(),
        "%s in %s must be %s of shape %s, but is %s of shape %s",
        name,
        path,
        target.getDataType(),
        shape,
        tensor.type(),
        tensor.dimensions());
  }

  private void copy(String name, NDArray target) {
    try (NDManager scope = target.getManager().newSubManager()) {
      TorchOps.get().copy(List.of(file.array(scope, name)), List.of(target));
    }
  }
}
