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
   * Maps elements and converts them. Without a conversion, and with aligned elements that follow
   * one another, an array on the CPU works on the mapping itself; else it is a copy and the mapping
   * is gone.
   *
   * @throws ai.djl.engine.EngineException if the file cannot be opened, or ends before the elements
   */
  public static NDArray map(NDManager manager, Elements elements, DataType result) {
    return call(manager, "map_file", elements, result);
  }

  /**
   * Returns the bytes of elements, the last dimension fastest: uint8 of one dimension.
   *
   * @throws ai.djl.engine.EngineException as {@link #map}
   */
  public static NDArray bytes(NDManager manager, Elements elements) {
    return call(manager, "read_bytes", elements, DataType.UINT8);
  }

  private static NDArray call(
      NDManager manager, String method, Elements elements, DataType result) {
    // Made outside the method, whose inference mode gives no tensors that can be trained.
    NDArray target = manager.create(new Shape(0), result);
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
