package dev.unlearn.internal;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;

/**
 * Calls of {@code ai.djl.pytorch}: gradient mode, backward with a head gradient, TorchScript calls
 * with lists. No class outside this package knows it.
 *
 * <p>DJL's own gradient collector is one per process, so two models could not be trained in two
 * threads; backward without it needs only the thread's gradient mode.
 */
public final class Torch {
  /** The engine's name in DJL. */
  public static final String ENGINE = "PyTorch";

  /** DJL's property, whether PyTorch may rewrite the graphs of modules. */
  private static final String OPTIMIZE = "ai.djl.pytorch.graph_optimizer";

  /**
   * Whether PyTorch would fuse operators of a module that it has run some times: on a GPU, into
   * kernels that it compiles meanwhile for these shapes, and that round otherwise than before.
   */
  private static final boolean FUSES = Engine.getEngine(ENGINE).getGpuCount() > 0;

  private Torch() {}

  /** The gradient mode of this thread before it was changed; closing brings it back. */
  public static final class GradientMode implements AutoCloseable {
    private final boolean before;

    private GradientMode(boolean before) {
      this.before = before;
    }

    @Override
    public void close() {
      JniUtils.setGradMode(before);
    }
  }

  /**
   * Switches gradients off on this thread. Needed for every computation that is not trained
   * through: PyTorch has them on in each thread but the one that loaded the engine.
   */
  public static GradientMode gradientsOff() {
    return gradients(false);
  }

  /** Switches gradients on on this thread. */
  public static GradientMode gradientsOn() {
    return gradients(true);
  }

  /** Returns whether gradients are on on this thread. */
  public static boolean gradientsAreOn() {
    return JniUtils.isGradMode();
  }

  private static GradientMode gradients(boolean on) {
    GradientMode scope = new GradientMode(JniUtils.isGradMode());
    JniUtils.setGradMode(on);
    return scope;
  }

  /** Returns the number of threads that PyTorch computes an operation with on the CPU. */
  public static int threads() {
    return JniUtils.getNumThreads();
  }

  /**
   * Sets that number, for this thread and all that have not computed yet; in others it stays, since
   * PyTorch takes over the number set last when a thread first computes, or asks for it as here.
   */
  static void threads(int count) {
    JniUtils.setNumThreads(count);
    int unused = threads();
  }

  /** Gives back memory of GPUs that PyTorch keeps for later arrays. */
  static void emptyCache() {
    JniUtils.emptyCudaCache();
  }

  /** Adds the vector-Jacobian product of {@code root} to the gradients of its leaves. */
  public static void backward(NDArray root, NDArray rootGradient) {
    JniUtils.backward((PtNDArray) root, (PtNDArray) rootGradient, false, false);
  }

  /**
   * Frees the gradients of leaves. No operation does that; so each gets another handle on the same
   * memory, which has no gradient yet. Whoever holds a handle besides these arrays would go on with
   * the old one.
   */
  public static void freeGradients(Collection<NDArray> leaves) {
    for (NDArray leaf : leaves) {
      NDArray fresh = leaf.stopGradient();
      fresh.setRequiresGradient(requiresGradient(leaf));
      leaf.intern(fresh);
    }
  }

  /** Sets the gradients of leaves to zero; those that never had one stay without. */
  public static void zeroGradients(Collection<NDArray> leaves) {
    for (NDArray leaf : leaves) {
      JniUtils.zeroGrad((PtNDArray) leaf);
    }
  }

  /**
   * Calls a method of a TorchScript module with lists of tensors, followed by single tensors,
   * outside autograd; for methods that work in place.
   */
  static void callInPlace(Block module, String method, List<List<NDArray>> lists, NDArray... rest) {
    IValue[] arguments = new IValue[lists.size() + rest.length];
    for (int i = 0; i < lists.size(); i++) {
      arguments[i] = arguments(lists.get(i));
    }
    for (int i = 0; i < rest.length; i++) {
      arguments[lists.size() + i] = IValue.from((PtNDArray) rest[i]);
    }
    callInPlace(module, method, arguments);
  }

  /**
   * Calls a method of a TorchScript module that works in place, in inference mode: tensors it makes
   * could never be trained. The arguments are closed.
   */
  static void callInPlace(Block module, String method, IValue... arguments) {
    callForValue(module, method, arguments).close(); // what is wanted was written in place
  }

  /**
   * Calls a method of a TorchScript module in inference mode; the arguments are closed.
   *
   * @return the result, which can only be read
   */
  static NDArray call(NDManager manager, Block module, String method, IValue... arguments) {
    try (IValue result = callForValue(module, method, arguments)) {
      return result.toTensor((PtNDManager) manager);
    }
  }

  /** Does the same with a first argument that is not closed. */
  static NDArray callKeeping(
      NDManager manager, Block module, String method, IValue kept, IValue... arguments) {
    IValue[] all = ObjectArrays.concat(kept, arguments);
    try (IValue result = callAndClose(arguments, module, method, all)) {
      return result.toTensor((PtNDManager) manager);
    }
  }

  /** Does the same with tensors. */
  static NDArray call(NDManager manager, Block module, String method, NDArray... arguments) {
    IValue[] values = new IValue[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      values[i] = argument(arguments[i]);
    }
    return call(manager, module, method, values);
  }

  /** Does the same with a method that returns a list of tensors. */
  static NDArray[] callForList(
      NDManager manager, Block module, String method, IValue... arguments) {
    try (IValue result = callForValue(module, method, arguments)) {
      return result.toTensorArray((PtNDManager) manager);
    }
  }

  /** Calls a method that returns anything, which is the caller's to close. */
  static IValue callForValue(Block module, String method, IValue... arguments) {
    return callAndClose(arguments, module, method, arguments);
  }

  static IValue argument(NDArray array) {
    return IValue.from((PtNDArray) array);
  }

  static IValue arguments(List<NDArray> arrays) {
    return IValue.listFrom(arrays.toArray(new PtNDArray[0]));
  }

  /** Whether PyTorch itself says so; DJL remembers an answer per handle. */
  public static boolean requiresGradient(NDArray leaf) {
    return JniUtils.requiresGrad((PtNDArray) leaf);
  }

  /** Switches a TorchScript module to evaluation. */
  public static void dropoutOff(Block module) {
    JniUtils.enableInferenceMode((PtSymbolBlock) module);
  }

  private static IValue callAndClose(
      IValue[] closed, Block module, String method, IValue[] arguments) {
    try {
      return runOperator(module, method, arguments);
    } finally {
      for (IValue argument : closed) {
        argument.close();
      }
    }
  }

  private static IValue runOperator(Block module, String method, IValue... arguments) {
    asWritten();
    try {
      return IValueUtils.runMethod((PtSymbolBlock) module, method, arguments);
    } finally {
      asBefore();
    }
  }

  /**
   * Runs an operator module of this library in this thread's gradient mode.
   *
   * @return all outputs, flattened, in the manager of the first input
   */
  static NDList runOperator(Block module, NDList inputs) {
    asWritten();
    try {
      return IValueUtils.forward((PtSymbolBlock) module, inputs, true);
    } finally {
      asBefore();
    }
  }

  private static void asWritten() {
    if (FUSES) {
      JniUtils.setGraphExecutorOptimize(false);
    }
  }

  private static void asBefore() {
    if (FUSES) {
      String optimize = System.getProperty(OPTIMIZE, "true"); // PyTorch's own default
      JniUtils.setGraphExecutorOptimize(Boolean.parseBoolean(optimize));
    }
  }

  /**
   * Runs a TorchScript module in this thread's gradient mode, whether it is in training or in
   * evaluation. {@link Block#forward} ties the two: in training it switches dropout on, otherwise
   * its results cannot be trained through.
   *
   * @return all outputs, flattened, in the manager of the first input
   */
  public static NDList run(Block module, NDList inputs) {
    String optimize = System.getProperty(OPTIMIZE);
    if (optimize != null) {
      JniUtils.setGraphExecutorOptimize(Boolean.parseBoolean(optimize)); // as forward does
    }
    return IValueUtils.forward((PtSymbolBlock) module, inputs, true);
  }

  /**
   * Writes a TorchScript module as {@code torch.jit.save} does. DJL counts its bytes in an int, so
   * that it fails beyond 2 GiB.
   */
  public static void write(Block module, OutputStream out) throws IOException {
    LateFailure stream = new LateFailure(out);
    JniUtils.writeModule((PtSymbolBlock) module, stream, false);
    stream.throwIfFailed();
  }
}
