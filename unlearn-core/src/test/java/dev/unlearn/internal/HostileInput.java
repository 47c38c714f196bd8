package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.unlearn.api.UnlearningException;
import java.lang.management.ManagementFactory;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reads what somebody made to do harm: it may be accepted or refused in words, but quickly, and
 * without much memory.
 *
 * @param maxAllocatedBytes that one reading may take of the heap
 * @param maxNanos that one reading may last
 */
public record HostileInput(long maxAllocatedBytes, long maxNanos) {
  private static final ThreadMXBean THREADS =
      (ThreadMXBean) ManagementFactory.getPlatformMXBean(java.lang.management.ThreadMXBean.class);

  /**
   * Returns whether reading accepts the input.
   *
   * @param refused looks at the exception otherwise
   * @param input says what it was, if anything else happens
   */
  public boolean accepted(
      Runnable reading, Consumer<UnlearningException> refused, Supplier<String> input) {
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    boolean accepted;
    try {
      reading.run();
      accepted = true;
    } catch (UnlearningException e) {
      refused.accept(e);
      accepted = false;
    } catch (Throwable e) {
      throw new AssertionError(input.get(), e);
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
        .as(input)
        .isLessThan(maxAllocatedBytes);
    assertThat(System.nanoTime() - start).as(input).isLessThan(maxNanos);
    return accepted;
  }
}
