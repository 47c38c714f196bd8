package dev.unlearn.fault;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Prints the number of faults of each kind, and of all, when the last test has ended. */
final class FaultCount implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Object unused =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.create(FaultCount.class))
            .getOrComputeIfAbsent(FaultCount.class, key -> (AutoCloseable) FaultCount::print);
  }

  private static void print() {
    for (Fault fault : Fault.values()) {
      if (fault.injectedCount() > 0) {
        print(
            fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
            fault.injectedCount(),
            fault.survivedCount());
      }
    }
    print("faults", sum(Fault::injectedCount), sum(Fault::survivedCount));
  }

  private static int sum(ToIntFunction<Fault> count) {
    return Arrays.stream(Fault.values()).mapToInt(count).sum();
  }

  private static void print(String what, int injected, int survived) {
    System.out.printf(
        Locale.ROOT,
        "%s injected %d, survived %d, lost %d%n",
        what,
        injected,
        survived,
        injected - survived);
  }
}
