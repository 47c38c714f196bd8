package dev.unlearn.eval.report;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Numbers for readers, the same in every locale; those that were measured to three digits. */
final class Numbers {
  private static final int MOST_DECIMALS = 6;

  private Numbers() {}

  static String format(double value) {
    return format(value, decimals(Math.abs(value)));
  }

  /** Returns value and interval with the same decimals, those that the largest of them needs. */
  static String format(Estimate estimate) {
    Optional<Interval> interval = estimate.interval();
    if (interval.isEmpty()) {
      return format(estimate.value());
    }
    int decimals = decimals(largest(estimate.value(), interval.get()));
    return format(estimate.value(), decimals) + " " + format(interval.get(), decimals);
  }

  /** Returns a difference, with its sign. */
  static String formatChange(Estimate change) {
    return (change.value() > 0 ? "+" : "") + format(change);
  }

  static String format(Interval interval) {
    return format(interval, decimals(largest(0, interval)));
  }

  /** Returns a number that somebody chose, as it was chosen. */
  static String exact(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /** Returns a confidence in percent, without decimals that say nothing. */
  static String confidence(double confidence) {
    return BigDecimal.valueOf(confidence).movePointRight(2).stripTrailingZeros().toPlainString()
        + " %";
  }

  /** Returns a share in percent. */
  static String percent(double share) {
    return Double.isNaN(share) ? "undefined" : format(share * 100) + " %";
  }

  /** Returns how many there are of something, the noun in the singular. */
  static String count(long count, String noun) {
    return whole(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /** Returns a whole number with separators of thousands. */
  static String whole(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Returns a number of parameters. */
  static String size(long parameters) {
    return parameters < 1_000_000 ? whole(parameters) : format(parameters / 1e6) + " million";
  }

  /** Returns a duration in the unit that suits it. */
  static String duration(Duration duration) {
    if (duration.toMinutes() < 2) {
      return format(duration.toMillis() / 1000.0) + " s";
    }
    return duration.toHours() < 2
        ? duration.toMinutes() + " min"
        : duration.toHours() + " h " + duration.toMinutesPart() + " min";
  }

  private static String format(Interval interval, int decimals) {
    return "["
        + format(interval.low(), decimals)
        + ",\u00a0"
        + format(interval.high(), decimals)
        + "]";
  }

  private static double largest(double value, Interval interval) {
    return Math.max(Math.abs(value), Math.max(Math.abs(interval.low()), Math.abs(interval.high())));
  }

  private static int decimals(double size) {
    if (size == 0 || !Double.isFinite(size)) {
      return 0;
    }
    return Math.max(0, Math.min(MOST_DECIMALS, 2 - (int) Math.floor(Math.log10(size))));
  }

  private static String format(double value, int decimals) {
    if (Double.isNaN(value)) {
      return "undefined";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "infinite" : "minus infinite";
    }
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    if (size >= 1e7 || (size < 1e-6 && decimals == MOST_DECIMALS)) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return text.replace("-", "−");
  }
}
