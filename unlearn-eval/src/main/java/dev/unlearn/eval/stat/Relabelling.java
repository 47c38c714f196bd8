package dev.unlearn.eval.stat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Randomization tests that say from which number on a difference of means, or a mean change, can be
 * taken for more than chance.
 *
 * <p>If a difference is d and the samples are alike otherwise, then once d is taken off the first,
 * which unit is of which sample is arbitrary. The share of relabellings that are as far apart as
 * the labels found is the probability of chance; the end is the d where it reaches the level. Of
 * changes, signs are drawn instead of labels.
 *
 * <p>Samples are seldom alike otherwise, and small ones do not show what is rare. So
 *
 * <ul>
 *   <li>differences are compared in units of their own standard error, which keeps the level at
 *       unequal variances, too (Janssen, Studentized permutation tests for non-i.i.d. hypotheses,
 *       1997; Chung and Romano, arXiv 1304.5939);
 *   <li>each sample gets one more unit, the worst there can be for the claim, as in Gaffke's bound
 *       for a mean (Three test statistics for a nonparametric one-sided hypothesis on the mean of a
 *       nonnegative variable, 2005).
 * </ul>
 *
 * <p>With these the level is no theorem unless the samples are alike; docs/metrics-and-thresholds
 * says what simulations gave. Of all relabellings {@value #DRAWS} are drawn, and the one found
 * counts as one of them (Phipson and Smyth, Permutation p-values should never be zero, 2010).
 */
final class Relabelling {
  private static final int DRAWS = 9_999;
  private static final int BISECTIONS = 40;

  /** What rounding may add to a difference of numbers in [-1, 1]: equals must count as equal. */
  private static final double ROUNDING = 1e-9;

  private Relabelling() {}

  /**
   * Returns the number that the mean over items of the first sample is above that of the second by;
   * negative infinity if it is not even 0.
   *
   * @param least value there can be in the first sample
   * @param most value there can be in the second one
   * @param level the probability of being wrong
   */
  static double difference(
      List<double[]> some, List<double[]> others, double least, double most, double level) {
    double size = (items(some) + items(others)) / (some.size() + others.size());
    int count = some.size() + 1;
    int otherCount = others.size() + 1;
    Moments[] units =
        Stream.of(
                some.stream().map(unit -> Moments.of(unit, 1)),
                Stream.of(Moments.of(least * size, size, 1)),
                others.stream().map(unit -> Moments.of(unit, 0)),
                Stream.of(Moments.of(most * size, size, 0)))
            .flatMap(unit -> unit)
            .toArray(Moments[]::new);
    Moments first = sum(Arrays.stream(units, 0, count));
    Moments all = sum(Arrays.stream(units));
    Moments[] drawn = drawn(units, all, count);
    return end(
        shift -> {
          double found = first.distance(all.less(first), shift, count, otherCount);
          double enough = found - ROUNDING * Math.max(1, Math.abs(found));
          long asFar =
              Arrays.stream(drawn)
                  .filter(r -> r.distance(all.less(r), shift, count, otherCount) >= enough)
                  .count();
          return (1.0 + asFar) / (DRAWS + 1);
        },
        first.mean(0) - all.less(first).mean(0),
        level);
  }

  /** Draws the smaller of the two parts. */
  private static Moments[] drawn(Moments[] units, Moments all, int count) {
    Moments[] order = units.clone();
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    int smaller = Math.min(count, order.length - count);
    return Stream.generate(
            () -> {
              for (int i = 0; i < smaller; i++) {
                int j = random.nextInt(i, order.length);
                Moments taken = order[i];
                order[i] = order[j];
                order[j] = taken;
              }
              Moments part = sum(Arrays.stream(order, 0, smaller));
              return smaller == count ? part : all.less(part);
            })
        .limit(DRAWS)
        .toArray(Moments[]::new);
  }

  /**
   * Returns the number that the mean over items of paired changes is above; negative infinity if it
   * is not even 0.
   *
   * @param least change there can be
   * @param level the probability of being wrong
   */
  static double change(List<double[]> units, double least, double level) {
    double size = items(units) / units.size();
    double[] sums =
        DoubleStream.concat(
                units.stream().mapToDouble(unit -> Arrays.stream(unit).sum()),
                DoubleStream.of(least * size))
            .toArray();
    double[] sizes =
        DoubleStream.concat(units.stream().mapToDouble(unit -> unit.length), DoubleStream.of(size))
            .toArray();
    // Sums of the units and items whose sign turns.
    double[] turned = new double[DRAWS];
    double[] turnedItems = new double[DRAWS];
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    for (int draw = 0; draw < DRAWS; draw++) {
      for (int i = 0; i < sums.length; i++) {
        if (random.nextBoolean()) {
          turned[draw] += sums[i];
          turnedItems[draw] += sizes[i];
        }
      }
    }
    return end(
        shift -> {
          int asFar = 1;
          for (int draw = 0; draw < DRAWS; draw++) {
            asFar += turned[draw] - shift * turnedItems[draw] <= ROUNDING ? 1 : 0;
          }
          return asFar / (DRAWS + 1.0);
        },
        Arrays.stream(sums).sum() / Arrays.stream(sizes).sum(),
        level);
  }

  /** Returns the largest shift from 0 to what was found that chance explains no more often. */
  private static double end(DoubleUnaryOperator chance, double found, double level) {
    if (found <= 0 || chance.applyAsDouble(0) > level) {
      return Double.NEGATIVE_INFINITY;
    }
    double below = 0;
    double above = found;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (below + above) / 2;
      if (chance.applyAsDouble(middle) <= level) {
        below = middle;
      } else {
        above = middle;
      }
    }
    return below;
  }

  private static double items(List<double[]> units) {
    return units.stream().mapToDouble(unit -> unit.length).sum();
  }

  private static Moments sum(Stream<Moments> units) {
    return units.reduce(new Moments(0, 0, 0, 0, 0, 0, 0, 0), Moments::plus);
  }

  /**
   * Sums over units, s being the sum of a unit's values, n its size, and x whether it is of the
   * first sample, from which the shift is to be taken off.
   */
  private record Moments(
      double s, double n, double xn, double ss, double sn, double nn, double xsn, double xnn) {
    /** Added to variances, far below what values in [0, 1] have, so that none is 0. */
    private static final double LEAST_VARIANCE = 1e-18;

    static Moments of(double[] unit, int x) {
      return of(Arrays.stream(unit).sum(), unit.length, x);
    }

    static Moments of(double s, double n, int x) {
      return new Moments(s, n, x * n, s * s, s * n, n * n, x * s * n, x * n * n);
    }

    Moments plus(Moments o) {
      return new Moments(
          s + o.s, n + o.n, xn + o.xn, ss + o.ss, sn + o.sn, nn + o.nn, xsn + o.xsn, xnn + o.xnn);
    }

    Moments less(Moments o) {
      return new Moments(
          s - o.s, n - o.n, xn - o.xn, ss - o.ss, sn - o.sn, nn - o.nn, xsn - o.xsn, xnn - o.xnn);
    }

    double mean(double shift) {
      return (s - shift * xn) / n;
    }

    /** Returns the difference of the shifted means in units of its standard error. */
    double distance(Moments other, double shift, int count, int otherCount) {
      double variance = variance(shift, count) + other.variance(shift, otherCount);
      return (mean(shift) - other.mean(shift)) / Math.sqrt(variance + LEAST_VARIANCE);
    }

    /** Returns the variance of the mean, that of a ratio where units differ in size. */
    private double variance(double shift, int count) {
      double mean = mean(shift);
      double squares = ss - 2 * shift * xsn + shift * shift * xnn;
      double products = sn - shift * xnn;
      double residuals = Math.max(0, squares - 2 * mean * products + mean * mean * nn);
      return residuals / (n * n) * count / (count - 1);
    }
  }
}
