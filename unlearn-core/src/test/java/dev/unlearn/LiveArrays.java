package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** Counts what a manager holds. */
public final class LiveArrays {
  private LiveArrays() {}

  /**
   * Asserts that a round, done again and again after a few to begin with, leaves nothing behind.
   */
  public static void assertConstant(NDManager manager, int first, int rounds, Runnable round) {
    for (int i = 0; i < first; i++) {
      round.run();
    }
    int arrays = arrays(manager);
    int resources = resources(manager).size();
    for (int i = 0; i < rounds; i++) {
      round.run();
    }
    assertThat(arrays(manager)).isEqualTo(arrays);
    assertThat(resources(manager)).hasSize(resources);
  }

  /** Returns the number of arrays. */
  public static int arrays(NDManager manager) {
    return ((BaseNDManager) manager).getManagedArrays().size();
  }

  /** An empty manager that was left open holds no array, but stays in its parent's map for good. */
  static Map<?, ?> resources(NDManager manager) {
    try {
      Field resources = BaseNDManager.class.getDeclaredField("resources");
      resources.setAccessible(true);
      return (Map<?, ?>) resources.get(manager);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
