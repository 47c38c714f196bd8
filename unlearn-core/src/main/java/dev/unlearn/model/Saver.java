package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Map;

/** Writes a model back in the form it came from. */
@FunctionalInterface
public interface Saver {

  /**
   * Writes all parameters, and what else belongs to the model, into a new folder.
   *
   * @throws IllegalArgumentException if the folder cannot be written, before anything is
   */
  void save(Map<String, NDArray> parameters, Path folder);
}
