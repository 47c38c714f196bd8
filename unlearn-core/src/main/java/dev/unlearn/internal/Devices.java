package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Where arrays live: the one place that knows PyTorch's default device. */
public final class Devices {
  private Devices() {}

  /** Returns PyTorch's default: the first GPU it can use, or the CPU. */
  public static Device byDefault() {
    return engine().defaultDevice();
  }

  /**
   * Refuses a device that is not there.
   *
   * @throws IllegalArgumentException if no array can be made on it
   */
  public static void check(Device device) {
    if (!isThere(device)) {
      throw new IllegalArgumentException(
          "device must be one that PyTorch can use, but was: %s; GPUs that it can use: %d"
              .formatted(device, engine().getGpuCount()));
    }
  }

  private static boolean isThere(Device device) {
    if (isHost(device)) {
      return true;
    }
    int id = device.getDeviceId();
    boolean counted = !device.isGpu() || (id >= 0 && id < engine().getGpuCount());
    return counted && takesAnArray(device);
  }

  private static boolean takesAnArray(Device device) {
    try (NDManager manager = NDManager.newBaseManager(device, Torch.ENGINE)) {
      manager.zeros(new Shape(1)).close();
      return true;
    } catch (RuntimeException e) { // as of a kind that this build of PyTorch knows nothing of
      return false;
    }
  }

  private static Engine engine() {
    return Engine.getEngine(Torch.ENGINE);
  }

  /** Returns what PyTorch calls a device, such as {@code cuda:0}. */
  public static String nameInPyTorch(Device device) {
    if (isHost(device)) {
      return "cpu";
    }
    String type = device.isGpu() ? "cuda" : device.getDeviceType();
    return type + ':' + device.getDeviceId();
  }

  /** Returns whether arrays of a device are memory of this process that the CPU computes with. */
  public static boolean isHost(Device device) {
    return device.equals(Device.cpu());
  }
}
