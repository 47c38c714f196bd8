package dev.unlearn.model.hf;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.Mappings;
import dev.unlearn.model.tensor.StoredTensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A tensor that a model is written with. */
interface SavedTensor {

  /**
   * Returns it with its values of now.
   *
   * @param parameters the model's, by name
   * @param asked the type for weights, if it is not the one they came in
   */
  Tensor toWrite(Map<String, NDArray> parameters, Optional<ElementType> asked);

  /** A parameter, perhaps under another name. */
  record OfParameter(String name, ElementType type, String parameter) implements SavedTensor {
    @Override
    public Tensor toWrite(Map<String, NDArray> parameters, Optional<ElementType> asked) {
      NDArray values = verifyNotNull(parameters.get(parameter), "no values for %s", name);
      return Tensor.of(name, values, asked.orElse(type));
    }
  }

  /** What is no parameter, with the bytes it came with. */
  record Kept(String name, ElementType type, List<Long> dimensions, NDArray bytes)
      implements SavedTensor {

    /**
     * Maps a tensor, so that it is there as long as the manager, even if its file is replaced.
     *
     * @throws dev.unlearn.api.UnlearningException if it cannot be mapped
     */
    static Kept of(StoredTensor stored, NDManager manager, Mappings mappings) {
      return new Kept(
          stored.name(), stored.type(), stored.dimensions(), stored.toBytes(manager, mappings));
    }

    @Override
    public Tensor toWrite(Map<String, NDArray> parameters, Optional<ElementType> asked) {
      return Tensor.of(name, type, dimensions, bytes);
    }
  }
}
