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
  private static final String AVAILABLE = "MemAvailable:";

  private FreeMemory() {}

  /** Returns the free bytes of a device, about. */
  public static long of(Device device) {
    if (device.isGpu()) {
      MemoryUsage usage = CudaUtils.getGpuMemory(device);
      return usage.getMax() - usage.getCommitted();
    }
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      // Free memory leaves out what the system only keeps to be quick; the total knows containers.
      long available = Math.max(system.getFreeMemorySize(), linuxAvailable());
      return Math.min(available, system.getTotalMemorySize());
    }
    return Runtime.getRuntime().maxMemory();
  }

  private static long linuxAvailable() {
    try {
      List<String> lines = Files.exists(LINUX) ? Files.readAllLines(LINUX) : List.of();
      for (String line : lines) {
        if (line.startsWith(AVAILABLE)) {
          String kibibytes = line.substring(AVAILABLE.length()).replace("kB", "").strip();
          return 1024 * Long.parseLong(kibibytes);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 0; // as on a system that has no such file
    }
    return 0;
  }
}
