package dev.unlearn.model.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.MappedFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a tensor's elements lie in a file, little-endian. Nothing is read before it is asked for.
 *
 * @param name the tensor's name
 * @param file the file, which must keep its length while arrays of this tensor are in use
 * @param type the type of the elements
 * @param dimensions the shape; empty for a scalar
 * @param strides elements from one index to the next, per dimension
 * @param position where the first element begins, in bytes from the start of the file
 */
public record StoredTensor(
    String name,
    Path file,
    ElementType type,
    List<Long> dimensions,
    List<Long> strides,
    long position) {

  /** What PyTorch can handle. */
  public static final int MAX_DIMENSIONS = 64;

  /**
   * Checks the numbers against one another, not against the file.
   *
   * @throws IllegalArgumentException if there are not as many strides as dimensions, or a number is
   *     negative
   * @throws ArithmeticException if the elements or their extent have more bytes than a {@code long}
   *     holds
   */
  public StoredTensor {
    dimensions = List.copyOf(dimensions);
    strides = List.copyOf(strides);
    checkArgument(
        dimensions.size() == strides.size(),
        "%s must have a stride for each dimension of %s, but has: %s",
        name,
        dimensions,
        strides);
    checkArgument(
        dimensions.stream().allMatch(d -> d >= 0) && strides.stream().allMatch(s -> s >= 0),
        "dimensions and strides of %s must be >= 0, but were: %s, %s",
        name,
        dimensions,
        strides);
    checkArgument(position >= 0, "position of %s must be >= 0, but was: %s", name, position);
    long unusedEnd = Math.addExact(position, extent(dimensions, strides, type.size()));
    long unusedCount = type.byteCount(dimensions);
  }

  /** Describes a tensor whose elements follow one another, the last dimension fastest. */
  public static StoredTensor contiguous(
      String name, Path file, ElementType type, List<Long> dimensions, long position) {
    return new StoredTensor(name, file, type, dimensions, contiguousStrides(dimensions), position);
  }

  private static List<Long> contiguousStrides(List<Long> dimensions) {
    if (dimensions.contains(0L)) {
      return Collections.nCopies(dimensions.size(), 1L);
    }
    Long[] strides = new Long[dimensions.size()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, (long) dimensions.get(i));
    }
    return List.of(strides);
  }

  /** Bytes from the first element to the end of the last. */
  private static long extent(List<Long> dimensions, List<Long> strides, int elementSize) {
    if (dimensions.contains(0L)) {
      return 0;
    }
    long last = 0;
    for (int i = 0; i < dimensions.size(); i++) {
      last = Math.addExact(last, Math.multiplyExact(dimensions.get(i) - 1, (long) strides.get(i)));
    }
    return Math.multiplyExact(Math.addExact(last, 1), (long) elementSize);
  }

  /** Returns the bytes of the elements. */
  public long byteCount() {
    return type.byteCount(dimensions);
  }

  /** Returns where the last element ends, exclusive, in bytes from the start of the file. */
  public long end() {
    return position + extent(dimensions, strides, type.size());
  }

  /** Returns the shape as a new array. */
  public long[] shape() {
    return dimensions.stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns whether the elements follow one another, the last dimension fastest. */
  public boolean isContiguous() {
    if (byteCount() == 0) {
      return true;
    }
    List<Long> expected = contiguousStrides(dimensions);
    for (int i = 0; i < dimensions.size(); i++) {
      if (dimensions.get(i) > 1 && !strides.get(i).equals(expected.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the values as float32, exactly. F32 elements that follow one another, at a position
   * that is a multiple of their size, are mapped, copy on write: the array uses the file's pages
   * until it is written to, and never changes the file. Others, and all on a device other than the
   * CPU, are read.
   *
   * @throws IllegalArgumentException if the type is not F32, F16 or BF16
   * @throws UnlearningException if the file cannot be mapped, for instance because it is shorter
   *     now
   */
  public NDArray toFloat32(NDManager manager, Mappings mappings) {
    checkArgument(
        type.isWeight(), "%s must be F32, F16 or BF16 to be a weight, but is: %s", name, type);
    return to(manager, mappings, DataType.FLOAT32);
  }

  /**
   * Returns the tensor in its own type, mapped where {@link #toFloat32} would map it.
   *
   * @throws UnlearningException if the engine has no arrays of its type, or as {@link #toFloat32}
   */
  public NDArray toArray(NDManager manager) {
    DataType result =
        type.djlType()
            .orElseThrow(
                () ->
                    new UnlearningException(
                        "%s: tensor %s must be of a type the engine has arrays of, but is %s"
                            .formatted(file, name, type)));
    try (Mappings mappings = new Mappings()) {
      return to(manager, mappings, result);
    }
  }

  /**
   * Returns the elements as they are, the last dimension fastest, as bytes: uint8 of one dimension.
   * They are mapped where {@link #toFloat32} would map F32; every type has them.
   *
   * @throws UnlearningException as {@link #toFloat32}
   */
  public NDArray toBytes(NDManager manager, Mappings mappings) {
    if (isContiguous()) {
      return contiguous(name, file, ElementType.U8, List.of(byteCount()), position)
          .to(manager, mappings, DataType.UINT8);
    }
    // The bytes of an element are one more dimension, so that no position is out of line.
    List<Long> shape = append(dimensions, (long) type.size());
    List<Long> steps = append(strides.stream().map(s -> s * type.size()).toList(), 1L);
    StoredTensor bytes = new StoredTensor(name, file, ElementType.U8, shape, steps, position);
    NDArray gathered = bytes.to(manager, mappings, DataType.UINT8);
    NDArray flat = gathered.reshape(new Shape(byteCount()));
    gathered.close();
    return flat;
  }

  private static List<Long> append(List<Long> list, long last) {
    return Stream.concat(list.stream(), Stream.of(last)).toList();
  }

  private NDArray to(NDManager manager, Mappings mappings, DataType result) {
    if (byteCount() == 0) {
      return manager.create(new Shape(shape()), result);
    }
    try {
      if (position % type.size() != 0) {
        try (NDManager scope = manager.newSubManager()) {
          NDArray bytes = toBytes(scope, mappings);
          return MappedFile.convert(manager, bytes, type.torchCode(), shape(), result);
        }
      }
      MappedFile mapped = mappings.of(file);
      MappedFile.Elements elements =
          new MappedFile.Elements(
              type.torchCode(), type.size(), position / type.size(), dimensions, strides);
      boolean asItLies =
          type.djlType().filter(result::equals).isPresent()
              && isContiguous()
              && Devices.isHost(manager.getDevice())
              && mapped.claim(position, end());
      return asItLies
          ? mapped.view(manager, elements, result)
          : mapped.read(manager, elements, result);
    } catch (EngineException e) {
      throw new UnlearningException("cannot map tensor %s of %s".formatted(name, file), e);
    }
  }
}
