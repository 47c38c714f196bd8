package dev.unlearn.model.torchfile;

import dev.unlearn.model.tensor.ElementType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as a pickle describes it; numbers are {@code >= 0} and there are as many strides as
 * dimensions, but nothing was held against the storage yet.
 *
 * @param offset of the first element, in elements from the start of the storage
 */
record PickledTensor(
    Storage storage, ElementType type, long offset, List<Long> dimensions, List<Long> strides) {

  /**
   * The bytes that one or more tensors look into.
   *
   * @param type the type of the elements; null if the storage is counted in bytes and each tensor
   *     says its own
   * @param key names the entry that holds the bytes
   * @param count elements, or bytes
   */
  record Storage(@Nullable ElementType type, String key, long count) {}
}
