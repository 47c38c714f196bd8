package dev.unlearn.eval.stat;

import dev.unlearn.api.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** The percentile bootstrap of a mean over items, resampling the groups they come in. */
final class Bootstrap {
  static final int RESAMPLES = 9_999;

  /** Fixed: the same data have the same interval. */
  static final long SEED = 0x5eed;

  private Bootstrap() {}

  static Interval mean(List<double[]> groups, double confidence) {
    SplittableRandom random = new SplittableRandom(SEED);
    Sums sums = new Sums(groups);
    double[] means = new double[RESAMPLES];
    Arrays.setAll(means, i -> sums.resampledMean(random));
    return middle(means, confidence);
  }

  static Interval difference(List<double[]> ones, List<double[]> others, double confidence) {
    SplittableRandom random = new SplittableRandom(SEED);
    Sums first = new Sums(ones);
    Sums second = new Sums(others);
    double[] differences = new double[RESAMPLES];
    Arrays.setAll(differences, i -> first.resampledMean(random) - second.resampledMean(random));
    return middle(differences, confidence);
  }

  /** Returns the interval between the quantiles of resampled values, which are sorted. */
  static Interval middle(double[] values, double confidence) {
    Arrays.sort(values);
    int cut = (int) Math.floor((RESAMPLES + 1) * (1 - confidence) / 2);
    int from = Math.max(1, cut) - 1;
    return new Interval(values[from], values[RESAMPLES - 1 - from], confidence);
  }

  /** Sum and size of each group. */
  private static final class Sums {
    private final double[] sums;
    private final int[] sizes;

    Sums(List<double[]> groups) {
      sums = groups.stream().mapToDouble(group -> Arrays.stream(group).sum()).toArray();
      sizes = groups.stream().mapToInt(group -> group.length).toArray();
    }

    double resampledMean(SplittableRandom random) {
      double sum = 0;
      long size = 0;
      for (int i = 0; i < sums.length; i++) {
        int drawn = random.nextInt(sums.length);
        sum += sums[drawn];
        size += sizes[drawn];
      }
      return sum / size;
    }
  }
}
