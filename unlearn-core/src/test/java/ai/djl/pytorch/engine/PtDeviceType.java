package ai.djl.pytorch.engine;

import ai.djl.Device;
import java.util.Map;

/**
 * Stands in front of DJL's class of this name, which maps a fixed list of devices to PyTorch's
 * numbers, so that tests can use one more: {@code lazy}, see {@link dev.unlearn.OtherDevice}.
 */
public final class PtDeviceType {
  private static final Map<String, Integer> NUMBERS =
      Map.of("cpu", 0, "gpu", 1, "mps", 13, "lazy", 17);

  private PtDeviceType() {}

  /** Returns PyTorch's number of a device's kind. */
  public static int toDeviceType(Device device) {
    Integer number = device.getDeviceType() == null ? null : NUMBERS.get(device.getDeviceType());
    if (number == null) {
      throw new IllegalArgumentException("Unsupported device: " + device);
    }
    return number;
  }

  /** Returns the kind of device that PyTorch has a number for. */
  public static String fromDeviceType(int number) {
    return NUMBERS.entrySet().stream()
        .filter(entry -> entry.getValue() == number)
        .map(Map.Entry::getKey)
        .findAny()
        .orElseThrow(() -> new IllegalArgumentException("Unsupported deviceType: " + number));
  }
}
