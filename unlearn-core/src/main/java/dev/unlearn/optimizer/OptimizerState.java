package dev.unlearn.optimizer;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.Sets;
import dev.unlearn.internal.Shown;
import dev.unlearn.internal.TorchOps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The state of an optimizer in one run, for instance its moments. The caller closes it. */
public interface OptimizerState extends AutoCloseable {

  /**
   * Changes every parameter in place, with gradients off.
   *
   * @param gradients one for each parameter, in order; not kept, but they may be changed in place
   */
  void update(List<NDArray> gradients);

  /**
   * Returns all that later updates depend on besides parameters and gradients, by names that are
   * the same in every state of the same recipe over the same parameters. The arrays are the state's
   * own: an update writes into them, and they are closed with it.
   */
  default Map<String, NDArray> arrays() {
    return Map.of();
  }

  /**
   * Takes over values that {@link #arrays()} of another state had, so that this one goes on where
   * that one was, bit for bit.
   *
   * @param values copied from
   * @throws IllegalArgumentException if names, shapes or types are not those of {@link #arrays()};
   *     nothing was changed
   */
  default void load(Map<String, NDArray> values) {
    Map<String, NDArray> own = arrays();
    checkArgument(
        values.keySet().equals(own.keySet()),
        "the state must be given its own arrays and no others, but missed %s and was given %s",
        Shown.of(Sets.difference(own.keySet(), values.keySet())),
        Shown.of(Sets.difference(values.keySet(), own.keySet())));
    List<NDArray> sources = new ArrayList<>();
    List<NDArray> targets = new ArrayList<>();
    own.forEach(
        (name, target) -> {
          NDArray source = requireNonNull(values.get(name), name);
          checkArgument(
              source.getDataType() == target.getDataType()
                  && source.getShape().equals(target.getShape()),
              "array %s of the state must be %s of shape %s, but was: %s of shape %s",
              name,
              target.getDataType(),
              target.getShape(),
              source.getDataType(),
              source.getShape());
          sources.add(source);
          targets.add(target);
        });
    if (!targets.isEmpty()) {
      TorchOps.get().copy(sources, targets);
    }
  }

  @Override
  void close();
}
