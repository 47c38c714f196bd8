package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory could be taken now. */
public final class FreeMemory {
  private static final Path LINUX = Path.of("/proc/meminfo");

  private FreeMemory() {}

  /** Returns the free bytes of a device, about. */
  public static long of(Device device) {
    if (device.isGpu()) {
      MemoryUsage usage = CudaUtils.getGpuMemory(device);
      return usage.getMax() - usage.getCommitted();
    }
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      // Java knows the limits of a container, Linux what it only keeps to be quick.
      boolean whole = linux("MemTotal:") == system.getTotalMemorySize();
      return whole ? linux("MemAvailable:") : system.getFreeMemorySize();
    }
    return Runtime.getRuntime().maxMemory();
  }

  private static long linux(String key) {
    try {
      List<String> lines = Files.exists(LINUX) ? Files.readAllLines(LINUX) : List.of();
      for (String line : lines) {
        if (line.startsWith(key)) {
          String kibibytes = line.substring(key.length()).replace("kB", "").strip();
          return 1024 * Long.parseLong(kibibytes);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 0; // as on a system that has no such file
    }
    return 0;
  }
}
