package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An archive of {@link OpsArchive}, loaded; its methods are called with gradients. Thread-safe. */
final class OpsModule {
  /** Stands for what is not there: an array without elements. */
  private static final NDArray NONE = none();

  private static final double[] NO_NUMBERS = {};

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private final Model model;

  private final NDManager scalars = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Map<String, NDArray> tags = new ConcurrentHashMap<>();

  OpsModule(String name, byte[] archive) {
    model = OpsArchive.load(name, archive);
    scalars.setName("constants");
  }

  /** Returns the module itself. */
  Block block() {
    return model.getBlock();
  }

  /** Returns what makes scalars in host memory; it is never closed. */
  NDManager scalars() {
    return scalars;
  }

  private static NDArray none() {
    NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
    manager.setName("constants");
    NDArray none = manager.create(new Shape(0));
    NDScope.unregister(none);
    return none;
  }

  /** Returns an array, or one without elements, which a method takes for none. */
  static NDArray orNone(@Nullable NDArray array) {
    return array == null ? NONE : array;
  }

  /**
   * Calls a method with arrays.
   *
   * @return an array in the manager of the first one
   */
  NDArray call(String method, NDArray... arrays) {
    return call(method, NO_NUMBERS, arrays);
  }

  /**
   * Calls a method with arrays, followed by numbers, which it takes as float64 scalars in host
   * memory and must read by {@code float(x)}, so that nothing in the graph depends on them.
   *
   * @return an array in the manager of the first one
   */
  NDArray call(String method, double[] numbers, NDArray... arrays) {
    return callForList(method, numbers, arrays).singletonOrThrow();
  }

  /** Calls a method that returns a tuple of arrays. */
  NDList callForList(String method, double[] numbers, NDArray... arrays) {
    NDList inputs = new NDList(arrays);
    for (double number : numbers) {
      inputs.add(scalars.create(number));
    }
    inputs.add(tags.computeIfAbsent(method, this::tag));
    try {
      return Torch.runOperator(model.getBlock(), inputs);
    } finally {
      inputs.subList(arrays.length, arrays.length + numbers.length).forEach(NDArray::close);
    }
  }

  /** Returns what tells DJL to call a method, kept from being closed with somebody's scope. */
  private NDArray tag(String method) {
    NDArray tag = scalars.create(0f);
    NDScope.unregister(tag);
    tag.setName("module_method:" + method);
    return tag;
  }
}
