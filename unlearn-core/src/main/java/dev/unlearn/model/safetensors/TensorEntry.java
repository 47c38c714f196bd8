package dev.unlearn.model.safetensors;

import java.util.List;

/**
 * What a safetensors header says of one tensor.
 *
 * @param name the tensor's name
 * @param dataType the element type in the file's own words, for instance {@code "F32"}
 * @param dimensions the shape; empty for a scalar
 * @param begin where its bytes begin, counted from the first byte after the header
 * @param byteCount how many bytes it has
 */
public record TensorEntry(
    String name, String dataType, List<Long> dimensions, long begin, long byteCount) {

  /** Copies the dimensions. */
  public TensorEntry {
    dimensions = List.copyOf(dimensions);
  }

  /** Returns the shape as a new array. */
  public long[] shape() {
    return dimensions.stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns where its bytes end, exclusive, counted as {@link #begin}. */
  public long end() {
    return begin + byteCount;
  }
}
