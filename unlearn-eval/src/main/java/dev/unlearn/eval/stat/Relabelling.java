package dev.unlearn.eval.stat;

import dev.unlearn.api.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Fisher and Pitman's randomization test, turned into an interval.
 *
 * <p>If two samples differ by a shift of d and nothing else, then once d is taken off the first,
 * which unit is of which sample is arbitrary: any relabelling is as likely as the labels found. The
 * share of relabellings whose difference of means is at least the one found is the probability of
 * chance, exactly. It depends on d; where it reaches the level the interval ends. A relabelling r
 * has a difference that is linear in d, so it counts from one d on:
 *
 * <pre>{@code d_r = (D - D_r) / (1 - c_r)}</pre>
 *
 * <p>with D the difference found, D_r that of the relabelled units, and c_r the part of the shift
 * that is still in it. The ends of the interval are quantiles of all d_r. Of paired values, the
 * signs of the changes are drawn instead, and they must be symmetric about d.
 *
 * <p>Sources: Pitman, Significance tests which may be applied to samples from any populations,
 * Supplement to the JRSS 4, 1937. Of all relabellings {@value #DRAWS} are drawn, and the one found
 * counts as one of them, which keeps the level (Phipson and Smyth, Permutation p-values should
 * never be zero, 2010).
 */
final class Relabelling {
  private static final int DRAWS = 9_999;

  /** Below this a relabelling has moved nothing, and counts for any shift. */
  private static final double NOTHING_MOVED = 1e-9;

  private Relabelling() {}

  /** Returns the interval of a difference of two means over items that come in units. */
  static Interval difference(List<double[]> some, List<double[]> others, double confidence) {
    List<double[]> units = Stream.concat(some.stream(), others.stream()).toList();
    double[] sums = units.stream().mapToDouble(unit -> Arrays.stream(unit).sum()).toArray();
    double[] sizes = units.stream().mapToDouble(unit -> unit.length).toArray();
    // What a shift by 1 of the first sample adds to each unit.
    double[] shifts = sizes.clone();
    Arrays.fill(shifts, some.size(), shifts.length, 0);
    int[] order = new int[units.size()];
    Arrays.setAll(order, i -> i);
    double found = difference(order, some.size(), sums, sizes);
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    double[] ends = new double[DRAWS];
    int counted = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      shuffle(order, random);
      double moved = 1 - difference(order, some.size(), shifts, sizes);
      if (moved > NOTHING_MOVED) {
        ends[counted++] = (found - difference(order, some.size(), sums, sizes)) / moved;
      }
    }
    return between(Arrays.copyOf(ends, counted), confidence);
  }

  /** Returns the interval of the mean over items of paired changes that come in units. */
  static Interval change(List<double[]> units, double confidence) {
    double[] sums = units.stream().mapToDouble(unit -> Arrays.stream(unit).sum()).toArray();
    double items = units.stream().mapToDouble(unit -> unit.length).sum();
    double found = Arrays.stream(sums).sum() / items;
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    double[] ends = new double[DRAWS];
    int counted = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      double drawn = 0;
      double left = 0;
      for (int i = 0; i < sums.length; i++) {
        int sign = random.nextBoolean() ? 1 : -1;
        drawn += sign * sums[i];
        left += sign * units.get(i).length;
      }
      double moved = 1 - left / items;
      if (moved > NOTHING_MOVED) {
        ends[counted++] = (found - drawn / items) / moved;
      }
    }
    return between(Arrays.copyOf(ends, counted), confidence);
  }

  /** Returns the mean over items of the first units in an order, less that of the others. */
  private static double difference(int[] order, int count, double[] sums, double[] sizes) {
    double sum = 0;
    double size = 0;
    double otherSum = 0;
    double otherSize = 0;
    for (int i = 0; i < order.length; i++) {
      if (i < count) {
        sum += sums[order[i]];
        size += sizes[order[i]];
      } else {
        otherSum += sums[order[i]];
        otherSize += sizes[order[i]];
      }
    }
    return sum / size - otherSum / otherSize;
  }

  private static void shuffle(int[] order, SplittableRandom random) {
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int taken = order[i];
      order[i] = order[j];
      order[j] = taken;
    }
  }

  /** Draws that moved nothing count for every shift, so an end may lie at infinity. */
  private static Interval between(double[] ends, double confidence) {
    Arrays.sort(ends);
    int always = DRAWS + 1 - ends.length;
    int wanted = (int) Math.floor((DRAWS + 1) * (1 - confidence) / 2);
    int cut = wanted - always;
    return cut < 1
        ? new Interval(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, confidence)
        : new Interval(ends[cut - 1], ends[ends.length - cut], confidence);
  }
}
