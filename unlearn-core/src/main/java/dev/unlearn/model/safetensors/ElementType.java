package dev.unlearn.model.safetensors;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The element types of safetensors files. Those without a DJL type must never become an NDArray:
 * the engine's JNI layer does not know them and ends the JVM.
 */
enum ElementType {
  F64(8, DataType.FLOAT64),
  F32(4, DataType.FLOAT32),
  F16(2, null),
  BF16(2, null),
  I64(8, DataType.INT64),
  I32(4, DataType.INT32),
  I16(2, null),
  I8(1, DataType.INT8),
  U64(8, null),
  U32(4, null),
  U16(2, null),
  U8(1, DataType.UINT8),
  BOOL(1, DataType.BOOLEAN),
  F8_E4M3(1, null),
  F8_E5M2(1, null);

  private static final Map<String, ElementType> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(Enum::name, Function.identity()));

  private final int size;
  private final @Nullable DataType djlType;

  ElementType(int size, @Nullable DataType djlType) {
    this.size = size;
    this.djlType = djlType;
  }

  static Optional<ElementType> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  static Optional<ElementType> of(DataType type) {
    return Arrays.stream(values()).filter(element -> element.djlType == type).findFirst();
  }

  /** Returns the bytes of one element. */
  int size() {
    return size;
  }

  Optional<DataType> djlType() {
    return Optional.ofNullable(djlType);
  }

  /**
   * Returns the bytes of a tensor.
   *
   * @throws ArithmeticException if there are more than a {@code long} holds
   */
  long byteCount(List<Long> shape) {
    long count = size;
    for (long dimension : shape) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }
}
