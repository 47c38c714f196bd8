package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Numbers, one per item, and the independent unit that each item belongs to: its document, author
 * or question. Items of one unit are alike, so it is units that are counted and resampled; an
 * interval that takes items for units is too narrow.
 *
 * <p>The mean is over items. Its interval, {@link Estimate#method()} says which:
 *
 * <ul>
 *   <li>of values that are all at one end or the other of their range, one per unit: Clopper and
 *       Pearson's, exact (Biometrika 26, 1934);
 *   <li>from {@link #BOOTSTRAP_UNITS} units on: the percentile bootstrap over units (Efron and
 *       Tibshirani, An Introduction to the Bootstrap, 1993), unless all units are alike;
 *   <li>of fewer, in a known range: {@link HoeffdingInterval} over the means of units of one size,
 *       or Hoeffding's bound for a weighted sum (JASA 58, 1963). Both hold at any number, where the
 *       bootstrap covers too seldom;
 *   <li>of fewer, in no known range, or if one is infinite: none.
 * </ul>
 *
 * <p>Such bounds are so wide at small numbers that they would never find a difference. So if values
 * vary and a randomization test (after Pitman, Supplement to the JRSS 4, 1937) at the same
 * confidence finds that a change or a difference is not 0, its end of the interval is taken on that
 * side. Unlike the bound, that end is certain to hold only if the samples differ by a shift, or
 * changes are symmetric; it is made to hold well without, as {@code docs/metrics-and-thresholds.md}
 * says in numbers. The other end stays the bound without assumptions.
 */
public final class Sample {
  /** How many units the bootstrap needs. */
  public static final int BOOTSTRAP_UNITS = 100;

  private static final String INFINITE = "no interval: infinite values";

  private final List<Double> values;
  private final List<String> units;
  private final double low;
  private final double high;

  private Sample(List<Double> values, List<String> units, double low, double high) {
    checkArgument(
        values.size() == units.size(),
        "there must be a unit for each of %s values, but there were %s",
        values.size(),
        units.size());
    List<Double> defined = new ArrayList<>();
    List<String> theirs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      double value = values.get(i);
      if (!Double.isNaN(value)) {
        checkArgument(
            value >= low && value <= high,
            "value %s must be in [%s, %s], but was: %s",
            i,
            low,
            high,
            value);
        defined.add(value);
        theirs.add(units.get(i));
      }
    }
    this.values = List.copyOf(defined);
    this.units = List.copyOf(theirs);
    this.low = low;
    this.high = high;
  }

  /** Returns a sample of values in [0, 1], each a unit of its own; NaN is left out. */
  public static Sample ofShares(List<Double> values) {
    return ofShares(values, each(values));
  }

  /** Returns a sample of values in [0, 1] and the names of their units; NaN is left out. */
  public static Sample ofShares(List<Double> values, List<String> units) {
    return new Sample(values, units, 0, 1);
  }

  /** Returns a sample of numbers in no known range, each a unit of its own; NaN is left out. */
  public static Sample ofNumbers(List<Double> values) {
    return ofNumbers(values, each(values));
  }

  /** Returns a sample of numbers in no known range and their units; NaN is left out. */
  public static Sample ofNumbers(List<Double> values, List<String> units) {
    return new Sample(values, units, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /**
   * Returns a sample of differences in [-1, 1] of two measurements of the same items, each in [0,
   * 1]; an item that either lacks is left out.
   */
  public static Sample ofChanges(List<Double> before, List<Double> after, List<String> units) {
    return new Sample(differences(before, after), units, -1, 1);
  }

  /** Returns a sample of differences of two measurements of the same items, in no known range. */
  public static Sample ofNumberChanges(
      List<Double> before, List<Double> after, List<String> units) {
    return ofNumbers(differences(before, after), units);
  }

  private static List<Double> differences(List<Double> before, List<Double> after) {
    checkArgument(
        before.size() == after.size(),
        "paired values must be of the same items, but there were %s and %s",
        before.size(),
        after.size());
    return IntStream.range(0, before.size()).mapToObj(i -> after.get(i) - before.get(i)).toList();
  }

  /** Returns names of units that make each value its own. */
  public static List<String> each(List<Double> values) {
    return IntStream.range(0, values.size()).mapToObj(Integer::toString).toList();
  }

  /** Returns the mean over items, with its interval. */
  public Estimate mean(double confidence) {
    checkConfidence(confidence);
    List<double[]> groups = groups();
    if (groups.isEmpty()) {
      return Estimate.of(Double.NaN, 0, "no values");
    }
    double mean = average(groups);
    if (!Double.isFinite(mean)) {
      return Estimate.of(mean, groups.size(), INFINITE);
    }
    Optional<Interval> interval = Optional.empty();
    String method = "no interval: fewer than " + BOOTSTRAP_UNITS + " units";
    if (isExact()) {
      interval = Optional.of(scaled(exact(confidence)));
      method = "Clopper-Pearson";
    } else if (groups.size() >= BOOTSTRAP_UNITS && !alike(groups)) {
      interval = Optional.of(Bootstrap.mean(groups, confidence));
      method = "bootstrap";
    } else if (Double.isFinite(high - low)) {
      Interval bound = scaled(hoeffding(groups, (mean - low) / (high - low), confidence));
      // Only changes can be negative: of them it is asked whether they are none.
      boolean signs = low < 0 && !alike(groups);
      interval =
          Optional.of(signs ? nearer(bound, mean, changed(groups, mean, confidence)) : bound);
      method = signs ? "Chernoff-Hoeffding, towards 0 by signs" : "Chernoff-Hoeffding";
    }
    return Estimate.around(mean, interval, groups.size(), method);
  }

  /**
   * Returns the mean of one sample less that of another, of other items. From {@link
   * #BOOTSTRAP_UNITS} units in both on, both are resampled. Else the interval is between the ends
   * of the two means' own intervals, each at {@code 1 - (1 - confidence) / 2}, which holds at any
   * number; its end towards 0 is that of a randomization test, where that finds a difference.
   */
  public static Estimate difference(Sample one, Sample other, double confidence) {
    checkConfidence(confidence);
    List<double[]> ones = one.groups();
    List<double[]> others = other.groups();
    int count = Math.min(ones.size(), others.size());
    if (count == 0) {
      return Estimate.of(Double.NaN, 0, "no values");
    }
    double difference = average(ones) - average(others);
    if (!Double.isFinite(difference)) {
      return Estimate.of(difference, count, INFINITE);
    }
    if (count >= BOOTSTRAP_UNITS && !alike(ones) && !alike(others)) {
      Interval interval = Bootstrap.difference(ones, others, confidence);
      return Estimate.around(difference, Optional.of(interval), count, "bootstrap");
    }
    double each = 1 - (1 - confidence) / 2;
    Optional<Interval> first = one.mean(each).interval();
    Optional<Interval> second = other.mean(each).interval();
    if (first.isEmpty() || second.isEmpty()) {
      return Estimate.of(
          difference, count, "no interval: fewer than " + BOOTSTRAP_UNITS + " units");
    }
    Interval bound =
        new Interval(
            first.get().low() - second.get().high(),
            first.get().high() - second.get().low(),
            confidence);
    boolean relabelled = !(alike(ones) && alike(others)) && !(one.isExact() && other.isExact());
    Interval interval =
        relabelled ? nearer(bound, difference, apart(one, other, difference, confidence)) : bound;
    return Estimate.around(
        difference,
        Optional.of(interval),
        count,
        relabelled ? "two intervals, towards 0 by relabelling" : "two intervals");
  }

  private static double apart(Sample one, Sample other, double difference, double confidence) {
    double level = (1 - confidence) / 2;
    return difference > 0
        ? Relabelling.difference(one.groups(), other.groups(), one.low, other.high, level)
        : Relabelling.difference(other.groups(), one.groups(), other.low, one.high, level);
  }

  private double changed(List<double[]> groups, double mean, double confidence) {
    double level = (1 - confidence) / 2;
    return mean > 0
        ? Relabelling.change(groups, low, level)
        : Relabelling.change(negative(groups), -high, level);
  }

  private static List<double[]> negative(List<double[]> groups) {
    return groups.stream()
        .map(group -> Arrays.stream(group).map(value -> -value).toArray())
        .toList();
  }

  /** Returns a bound that ends, towards 0, where a test finds the value to be more than chance. */
  private static Interval nearer(Interval bound, double value, double apart) {
    if (apart <= 0) {
      return bound;
    }
    return value > 0
        ? new Interval(Math.max(bound.low(), apart), bound.high(), bound.confidence())
        : new Interval(bound.low(), Math.min(bound.high(), -apart), bound.confidence());
  }

  static void checkConfidence(double confidence) {
    checkArgument(
        confidence > 0 && confidence < 1, "confidence must be in (0, 1), but was: %s", confidence);
  }

  private List<double[]> groups() {
    Map<String, DoubleStream.Builder> groups = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      groups.computeIfAbsent(units.get(i), unused -> DoubleStream.builder()).add(values.get(i));
    }
    return groups.values().stream().map(group -> group.build().toArray()).toList();
  }

  /** Returns whether all values are at an end, one per unit, so that counting says all. */
  private boolean isExact() {
    return new HashSet<>(units).size() == values.size()
        && values.stream().allMatch(v -> v == low || v == high);
  }

  private static double average(List<double[]> groups) {
    return groups.stream().flatMapToDouble(DoubleStream::of).average().orElse(Double.NaN);
  }

  private static boolean alike(List<double[]> groups) {
    double first = average(groups.subList(0, 1));
    return groups.stream().allMatch(group -> average(List.of(group)) == first);
  }

  private Interval exact(double confidence) {
    int successes = (int) values.stream().filter(value -> value == high).count();
    return ClopperPearson.interval(successes, values.size(), confidence);
  }

  private static Interval hoeffding(List<double[]> groups, double mean, double confidence) {
    int size = groups.get(0).length;
    if (groups.stream().allMatch(group -> group.length == size)) {
      return HoeffdingInterval.of(mean, groups.size(), confidence);
    }
    double items = groups.stream().mapToDouble(group -> group.length).sum();
    double squares = groups.stream().mapToDouble(g -> g.length / items * (g.length / items)).sum();
    return HoeffdingInterval.weighted(mean, squares, confidence);
  }

  private Interval scaled(Interval share) {
    return new Interval(
        low + share.low() * (high - low), low + share.high() * (high - low), share.confidence());
  }
}
