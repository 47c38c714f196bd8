package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file in memory through PyTorch's own mapping: private, copy on write, also of files that may
 * only be read, and beyond 2 GiB. Arrays over it share one mapping per element type, since every
 * private mapping counts against what the system lets processes commit.
 *
 * <p>Arrays made of it stay valid after {@link #close}, and may be written to from then on; the
 * mapping goes with the last of them. Types are given by PyTorch's {@code ScalarType} numbers,
 * since DJL has no names for some.
 */
public final class MappedFile implements AutoCloseable {
  private final Path file;
  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Map<Integer, NDArray> wholes = new HashMap<>();
  private final RangeSet<Long> claimed = TreeRangeSet.create();

  /** Creates an object that maps the file when it is first needed. */
  public MappedFile(Path file) {
    this.file = file;
  }

  /**
   * Where elements lie.
   *
   * @param type of the elements
   * @param size bytes of an element
   * @param offset elements from the start of the file to the first
   * @param strides elements from one index to the next, per dimension
   */
  public record Elements(int type, int size, long offset, List<Long> shape, List<Long> strides) {}

  /**
   * Returns whether no bytes of a range were claimed before, and claims them. Two arrays over the
   * same bytes would see each other's changes.
   */
  public boolean claim(long begin, long end) {
    Range<Long> range = Range.closedOpen(begin, end);
    boolean free = !claimed.intersects(range);
    claimed.add(range);
    return free;
  }

  /**
   * Returns an array over the elements, in host memory.
   *
   * @param type that of the elements
   * @throws EngineException if the file cannot be mapped, or ends before the elements
   */
  public NDArray view(NDManager owner, Elements elements, DataType type) {
    // Made outside the method, whose inference mode gives no arrays that can be trained.
    NDArray target = owner.create(new Shape(0), type, Device.cpu());
    return into(target, "view_file", elements, whole(elements));
  }

  /**
   * Reads the elements into new memory of the owner's device, converting them on the way.
   *
   * @throws EngineException as {@link #view}
   */
  public NDArray read(NDManager owner, Elements elements, DataType result) {
    // With a mapping of its own, so that pages already read do not stay resident with it.
    try (NDArray mapping = map(elements)) {
      NDArray target = owner.create(new Shape(elements.shape), result);
      HugePages.advise(target);
      return into(target, "read_file", elements, mapping);
    }
  }

  /**
   * Returns the values that bytes stand for.
   *
   * @param bytes uint8 of one dimension
   * @param type what the bytes are
   */
  public static NDArray convert(
      NDManager owner, NDArray bytes, int type, long[] shape, DataType result) {
    NDArray target = owner.create(new Shape(shape), result);
    Torch.callInPlace(
        TorchOps.get().module(),
        "convert_bytes",
        Torch.argument(target),
        Torch.argument(bytes),
        IValue.from((long) type));
    return target;
  }

  private static NDArray into(NDArray target, String method, Elements elements, NDArray mapping) {
    try {
      Torch.callInPlace(
          TorchOps.get().module(),
          method,
          Torch.argument(target),
          Torch.argument(mapping),
          IValue.from(elements.offset),
          IValue.listFrom(Longs.toArray(elements.shape)),
          IValue.listFrom(Longs.toArray(elements.strides)));
      return target;
    } catch (RuntimeException | Error e) {
      target.close();
      throw e;
    }
  }

  private NDArray whole(Elements elements) {
    return wholes.computeIfAbsent(
        elements.type,
        unused -> {
          NDArray whole = map(elements);
          NDScope.unregister(whole); // it serves later arrays, too
          return whole;
        });
  }

  private NDArray map(Elements elements) {
    return Torch.call(
        manager,
        TorchOps.get().module(),
        "map_whole",
        IValue.from(file.toAbsolutePath().toString()),
        IValue.from(byteCount() / elements.size),
        IValue.from((long) elements.type));
  }

  private long byteCount() {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new EngineException("cannot find the size of " + file, e);
    }
  }

  @Override
  public void close() {
    wholes.clear();
    manager.close();
  }
}
