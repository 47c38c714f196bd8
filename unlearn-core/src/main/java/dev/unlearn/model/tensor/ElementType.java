package dev.unlearn.model.tensor;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The element types of stored tensors, under their names in safetensors files. Those without a DJL
 * type must never become an NDArray that is handed out: the engine's JNI layer does not know them
 * and ends the JVM.
 */
public enum ElementType {
  F64(8, DataType.FLOAT64, 7),
  F32(4, DataType.FLOAT32, 6),
  F16(2, DataType.FLOAT16, 5),
  BF16(2, null, 15),
  I64(8, DataType.INT64, 4),
  I32(4, DataType.INT32, 3),
  I16(2, null, 2),
  I8(1, DataType.INT8, 1),
  U64(8, null, 29),
  U32(4, null, 28),
  U16(2, null, 27),
  U8(1, DataType.UINT8, 0),
  BOOL(1, DataType.BOOLEAN, 11),
  F8_E4M3(1, null, 24),
  F8_E5M2(1, null, 23);

  private static final Map<String, ElementType> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(Enum::name, Function.identity()));

  private final int size;
  private final @Nullable DataType djlType;
  private final int torchCode;

  ElementType(int size, @Nullable DataType djlType, int torchCode) {
    this.size = size;
    this.djlType = djlType;
    this.torchCode = torchCode;
  }

  /** Returns the type of a name such as {@code "F32"}. */
  public static Optional<ElementType> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** Returns the type of an array's elements. */
  public static Optional<ElementType> of(DataType type) {
    return Arrays.stream(values()).filter(element -> element.djlType == type).findFirst();
  }

  /** Returns the bytes of one element. */
  public int size() {
    return size;
  }

  /** Returns the type of arrays with such elements, if the engine can hand them out. */
  public Optional<DataType> djlType() {
    return Optional.ofNullable(djlType);
  }

  /** Returns whether the type is F32, F16 or BF16: those that weights are computed from. */
  public boolean isWeight() {
    return this == F32 || this == F16 || this == BF16;
  }

  /** Returns PyTorch's number for the type, its {@code ScalarType}. */
  int torchCode() {
    return torchCode;
  }

  /**
   * Returns the bytes of a tensor.
   *
   * @throws ArithmeticException if there are more than a {@code long} holds
   */
  public long byteCount(List<Long> shape) {
    long count = size;
    for (long dimension : shape) {
      count = Math.multiplyExact(count, dimension);
    }
    return count;
  }
}
