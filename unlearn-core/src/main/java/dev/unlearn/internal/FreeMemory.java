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
  private static final Path SYSTEM = Path.of("/proc/meminfo");

  /** Of the control group that looks like the root: a container's own. */
  private static final Path CONTAINER = Path.of("/sys/fs/cgroup/memory.stat");

  private FreeMemory() {}

  /** Returns the free bytes of a device, about. */
  public static long of(Device device) {
    if (device.isGpu()) {
      Torch.emptyCache(); // freed blocks that PyTorch keeps count as used
      MemoryUsage usage = CudaUtils.getGpuMemory(device);
      return usage.getMax() - usage.getCommitted();
    }
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      return ofTheCpu(system.getTotalMemorySize(), system.getFreeMemorySize());
    }
    return Runtime.getRuntime().maxMemory();
  }

  /** Java knows the limits of a container, Linux what it only keeps to be quick: cached files. */
  private static long ofTheCpu(long totalOfJava, long freeOfJava) {
    long available = number(SYSTEM, "MemAvailable:") << 10;
    if (available == 0) {
      // No Linux: what a system only keeps to be quick counts as used there.
      return Math.max(freeOfJava, totalOfJava / 2);
    }
    if (number(SYSTEM, "MemTotal:") << 10 == totalOfJava) {
      return available;
    }
    long cached = number(CONTAINER, "active_file ") + number(CONTAINER, "inactive_file ");
    return Math.min(available, freeOfJava + cached);
  }

  /** Returns the number behind a key, without its unit; 0 if there is none. */
  private static long number(Path file, String key) {
    try {
      for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.substring(key.length()).replace("kB", "").strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 0; // as on a system that has no such file
    }
    return 0;
  }
}
