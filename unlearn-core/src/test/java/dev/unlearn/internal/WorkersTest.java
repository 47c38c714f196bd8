package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class WorkersTest {
  private int before;

  @BeforeEach
  void fourThreads() {
    before = Torch.threads();
    Torch.threads(4);
  }

  @AfterEach
  void asBefore() {
    Torch.threads(before);
  }

  /** A thread that computed with more would fight the other one for processors. */
  @Test
  void run_eachWithItsShareOfThreads() {
    AtomicIntegerArray threads = new AtomicIntegerArray(2);
    try (Workers workers = new Workers(2)) {
      for (int round = 0; round < 2; round++) {
        workers.run(worker -> threads.set(worker, Torch.threads()), () -> {}, () -> {});
        assertThat(threads.get(0)).isEqualTo(2);
        assertThat(threads.get(1)).isEqualTo(2);
      }
      assertThat(Torch.threads()).isEqualTo(4);
    }
  }
}
