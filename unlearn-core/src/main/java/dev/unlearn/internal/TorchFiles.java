package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import com.google.common.primitives.Longs;
import java.nio.file.Path;
import java.util.List;

/**
 * Arrays over files, and their bytes, through PyTorch's own mapping: private, copy on write, also
 * of files that may only be read, beyond 2 GiB, and unmapped as soon as the array is closed.
 */
public final class TorchFiles {
  private TorchFiles() {}

  /**
   * Elements in a file.
   *
   * @param begin where the first element begins, in bytes from the start of the file
   * @param end where the last element ends; there is one
   * @param size bytes of an element
   * @param type PyTorch's {@code ScalarType} number; DJL has no names for some types
   * @param strides elements from one index to the next, per dimension
   */
  public record Elements(
      Path file, long begin, long end, int size, int type, List<Long> shape, List<Long> strides) {}

  /**
   * Maps aligned elements that follow one another. On a CPU the array works on the mapping itself,
   * elsewhere on a copy.
   *
   * @param type the type of the elements
   * @throws ai.djl.engine.EngineException if the file cannot be opened, or ends before the elements
   */
  public static NDArray map(NDManager manager, Elements elements, DataType type) {
    return into(manager.create(new Shape(0), type), "map_file", elements);
  }

  /**
   * Reads elements into new memory, converting them on the way.
   *
   * @throws ai.djl.engine.EngineException as {@link #map}
   */
  public static NDArray read(NDManager manager, Elements elements, DataType result) {
    NDArray target = manager.create(new Shape(elements.shape), result);
    HugePages.advise(target);
    return into(target, "read_file", elements);
  }

  /**
   * Returns the bytes of elements, the last dimension fastest: uint8 of one dimension.
   *
   * @throws ai.djl.engine.EngineException as {@link #map}
   */
  public static NDArray bytes(NDManager manager, Elements elements) {
    return into(manager.create(new Shape(0), DataType.UINT8), "read_bytes", elements);
  }

  /** The target is made outside the method, whose inference mode gives none that can be trained. */
  private static NDArray into(NDArray target, String method, Elements elements) {
    try {
      Torch.callInPlace(
          TorchOps.get().module(),
          method,
          Torch.argument(target),
          IValue.from(elements.file.toAbsolutePath().toString()),
          IValue.from(elements.begin),
          IValue.from(elements.end),
          IValue.from((long) elements.size),
          IValue.listFrom(Longs.toArray(elements.shape)),
          IValue.listFrom(Longs.toArray(elements.strides)),
          IValue.from((long) elements.type));
      return target;
    } catch (RuntimeException | Error e) {
      target.close();
      throw e;
    }
  }
}
