package dev.unlearn.benchmarks;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What this process has cost so far, all threads together, from {@code /proc/self/stat}; Linux
 * only.
 *
 * @param faults page faults that needed no disk
 * @param userSeconds processor time spent computing
 * @param systemSeconds processor time spent in the kernel, where faults are served
 */
record ProcessCost(long faults, double userSeconds, double systemSeconds) {
  /** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
  private static final double TICKS_PER_SECOND = 100;

  static ProcessCost now() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    // The name of the program, in parentheses, may have spaces; the third field follows it.
    List<String> fields =
        Splitter.on(' ').splitToList(stat.substring(stat.lastIndexOf(')') + 2).strip());
    return new ProcessCost(
        Long.parseLong(fields.get(10 - 3)),
        Long.parseLong(fields.get(14 - 3)) / TICKS_PER_SECOND,
        Long.parseLong(fields.get(15 - 3)) / TICKS_PER_SECOND);
  }

  ProcessCost minus(ProcessCost earlier) {
    return new ProcessCost(
        faults - earlier.faults,
        userSeconds - earlier.userSeconds,
        systemSeconds - earlier.systemSeconds);
  }
}
