package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Map;

/** Writes a model back in the form it came from. */
@FunctionalInterface
public interface Saver {

  /**
   * Writes all parameters, and what else belongs to the model.
   *
   * @throws IllegalArgumentException if the target cannot be written, or the options do not suit
   *     the form, before anything is
   */
  void save(Map<String, NDArray> parameters, Path target, SaveOptions options);
}
