package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a model back in the form it came from.
 *
 * @hidden not API
 */
@FunctionalInterface
public interface Saver {

  /**
   * Refuses what cannot be saved, and changes nothing. Asked before each {@link #save}, and perhaps
   * long before.
   *
   * @throws IllegalArgumentException if the target cannot be written, the options do not suit the
   *     form, or the parameters do not fit into it
   */
  default void check(Map<String, NDArray> parameters, Path target, SaveOptions options) {}

  /** Writes all parameters, and what else belongs to the model. */
  void save(Map<String, NDArray> parameters, Path target, SaveOptions options);
}
