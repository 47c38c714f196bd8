package dev.unlearn.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resident memory of this process, from {@code /proc/self}; Linux only. */
final class ResidentMemory {
  private ResidentMemory() {}

  static long bytes() throws IOException {
    return status("VmRSS:");
  }

  /** Returns the peak since the process began or {@link #startPeak} was called. */
  static long peakBytes() throws IOException {
    return status("VmHWM:");
  }

  /** Lets the peak begin anew at what is resident now. */
  static void startPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
  }

  private static long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("/proc/self/status has no " + name);
  }
}
