package dev.unlearn;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** What must hold for each of many random cases; always the same ones, each from a seed. */
public final class Property {
  private Property() {}

  /** Checks a property on the cases of seeds 0, 1, …; a failure names the seed of its case. */
  public static void holds(int cases, Consumer<SplittableRandom> property) {
    for (long seed = 0; seed < cases; seed++) {
      try {
        property.accept(new SplittableRandom(seed));
      } catch (Throwable e) {
        throw new AssertionError("the case of seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /** Returns one of some values. */
  public static <T> T pick(SplittableRandom random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}
