package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class FreeMemoryTest {

  @Test
  void ofTheCpu_isSomeOfWhatTheMachineHas() {
    long total =
        ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getTotalMemorySize();

    assertThat(FreeMemory.of(Device.cpu())).isBetween(1L << 20, total);
  }

  /** Files that the system keeps in memory would be given up, so they count as free. */
  @Test
  void ofTheCpu_isNotBelowWhatNobodyUses() {
    long unused =
        ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getFreeMemorySize();

    assertThat(FreeMemory.of(Device.cpu())).isGreaterThan(unused / 2);
  }
}
