package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.LoadOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A device that is not the default, in every build of PyTorch for Linux: the lazy tensors of its
 * TorchScript backend. They compute on the CPU, but an operator refuses to mix them with host
 * memory, scalars aside, as a GPU does: a forgotten move to the device is an error here, too.
 *
 * <p>What it cannot do and a GPU can: views in inference mode, on which decoding by keys and values
 * is built; operators that return lists, such as a split, whose results are in host memory; fused
 * optimizers. Where it should refuse these it may end the process, so do not try.
 */
public final class OtherDevice {
  private static final Device DEVICE = Device.of("lazy", 0);
  private static final NativeLibrary TORCH;

  static {
    Engine.getEngine(Torch.ENGINE).defaultDevice(); // loads the library
    TORCH = NativeLibrary.getInstance(library());
    function("_ZN5torch4lazy22InitTorchScriptBackendEv").invokeVoid(new Object[0]);
  }

  private OtherDevice() {}

  /** Returns the device, which PyTorch can use from then on. */
  public static Device get() {
    return DEVICE;
  }

  /** Returns options that load a model there. */
  public static LoadOptions options() {
    return LoadOptions.builder().device(DEVICE).build();
  }

  /**
   * Computes all that waits to be computed; without it, what is read is computed from the start.
   */
  public static void sync() {
    Object executor =
        function("_ZN5torch4lazy17LazyGraphExecutor3GetEv").invokePointer(new Object[0]);
    // (this, of all devices, with no other device: the two words of an empty array, waiting)
    function(
            "_ZN5torch4lazy17LazyGraphExecutor20SyncLiveTensorsGraphEPKNS0_13BackendDeviceE"
                + "N3c108ArrayRefINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEEEb")
        .invokeVoid(new Object[] {executor, null, null, 0L, true});
  }

  /** Asserts that what is below a manager is on its device. */
  static void assertThatAllIsOnDeviceOf(NDManager manager) {
    assertThat(arrays((BaseNDManager) manager))
        .isNotEmpty()
        .allSatisfy(array -> assertThat(array.getDevice()).isEqualTo(manager.getDevice()));
  }

  private static List<NDArray> arrays(BaseNDManager manager) {
    List<NDArray> arrays = new ArrayList<>();
    LiveArrays.resources(manager)
        .values()
        .forEach(
            resource -> {
              if (resource instanceof BaseNDManager child) {
                arrays.addAll(arrays(child));
              } else if (resource instanceof NDArray array) {
                arrays.add(array);
              }
            });
    return arrays;
  }

  private static Function function(String name) {
    return TORCH.getFunction(name);
  }

  private static String library() {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.endsWith("/libtorch_cpu.so"))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
