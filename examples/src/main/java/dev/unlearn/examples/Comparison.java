package dev.unlearn.examples;

import java.io.PrintStream;
import java.util.Locale;

/** Lines of a comparison: quantity, largest difference, tolerance, verdict. */
final class Comparison {
  private final PrintStream out;
  private int held;
  private int failed;

  Comparison(PrintStream out) {
    this.out = out;
  }

  /** Compares number by number; lengths must agree, and a NaN never holds. */
  void numbers(String what, double[] expected, double[] actual, double tolerance) {
    if (expected.length != actual.length || expected.length == 0) {
      line(false, what, "%d values, expected %d".formatted(actual.length, expected.length));
      return;
    }
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - actual[i]);
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    line(
        largest <= tolerance,
        what,
        String.format(
            Locale.ROOT,
            "largest difference %.3g of %d values, tolerance %.3g",
            largest,
            expected.length,
            tolerance));
  }

  void number(String what, double expected, double actual, double tolerance) {
    numbers(what, new double[] {expected}, new double[] {actual}, tolerance);
  }

  /** Compares ids or counts, which must be equal. */
  void equal(String what, int[] expected, int[] actual) {
    int different = Math.abs(expected.length - actual.length);
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      different += expected[i] == actual[i] ? 0 : 1;
    }
    line(
        different == 0 && expected.length > 0,
        what,
        "%d of %d values differ".formatted(different, expected.length));
  }

  /** Notes something that could not be compared, which fails. */
  void missing(String what) {
    line(false, what, "not compared");
  }

  private void line(boolean holds, String what, String detail) {
    if (holds) {
      held++;
    } else {
      failed++;
    }
    out.println((holds ? "ok    " : "FAIL  ") + what + ": " + detail);
  }

  boolean allHold() {
    return failed == 0 && held > 0;
  }

  String summary() {
    return held + " hold, " + failed + " fail";
  }
}
