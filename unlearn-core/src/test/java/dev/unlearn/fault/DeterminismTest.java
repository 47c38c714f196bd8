package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.fault.Child.End;
import dev.unlearn.fault.Child.Task;
import dev.unlearn.fault.ShortRun.Kind;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same model, set, recipe, seed, machine and threads: the same bits. */
final class DeterminismTest {
  @TempDir private Path temporary;

  @Test
  @Tag("engine")
  void forget_sameBits() throws Exception {
    assertSame(Kind.RETAIN_AND_REFERENCE, 1);
  }

  @Test
  @Tag("fault")
  void forget_sameBitsOfEveryKind() throws Exception {
    for (Kind kind : Kind.values()) {
      assertSame(kind, 1);
      assertSame(kind, 2);
    }
  }

  /** Twice in one JVM, and once more in another. */
  private void assertSame(Kind kind, int threads) throws Exception {
    Path model = temporary.resolve(kind + "-" + threads);
    ShortRun.teach(model);
    Task task = new Task(model, temporary.resolve("work"), kind);
    try (Child twice = task.start(threads, 2)) {
      End first = twice.end();
      End second = twice.end();
      assertThat(second).as("%s, %s threads", kind, threads).isEqualTo(first);
      try (Child once = task.start(threads, 1)) {
        assertThat(once.end()).as("%s, %s threads", kind, threads).isEqualTo(first);
      }
    }
  }
}
