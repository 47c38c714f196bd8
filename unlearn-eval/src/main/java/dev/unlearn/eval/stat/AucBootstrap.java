package dev.unlearn.eval.stat;

import dev.unlearn.api.Interval;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/**
 * The percentile bootstrap of an area under a curve: units of both kinds are drawn again. Items are
 * sorted once; a resample only weighs them by how often their unit was drawn.
 */
final class AucBootstrap {
  private final double[] scores;
  private final int[] units;
  private final boolean[] positive;
  private final int positiveUnitCount;
  private final int negativeUnitCount;

  AucBootstrap(Scores positives, Scores negatives) {
    int positiveCount = positives.count();
    double[] all =
        IntStream.range(0, positiveCount + negatives.count())
            .mapToDouble(
                i ->
                    i < positiveCount
                        ? positives.values().get(i)
                        : negatives.values().get(i - positiveCount))
            .toArray();
    int[] positiveUnits = positives.unitIndices();
    int[] negativeUnits = negatives.unitIndices();
    int[] order =
        IntStream.range(0, all.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> all[i] + 0.0)) // -0 is 0
            .mapToInt(Integer::intValue)
            .toArray();
    scores = Arrays.stream(order).mapToDouble(i -> all[i]).toArray();
    units =
        Arrays.stream(order)
            .map(i -> i < positiveCount ? positiveUnits[i] : negativeUnits[i - positiveCount])
            .toArray();
    positive = new boolean[all.length];
    for (int i = 0; i < order.length; i++) {
      positive[i] = order[i] < positiveCount;
    }
    positiveUnitCount = positives.unitCount();
    negativeUnitCount = negatives.unitCount();
  }

  Interval interval(double confidence) {
    return interval(this::auc, confidence);
  }

  /** Of the difference to another curve of the same items, both resampled alike. */
  Interval changeSince(AucBootstrap before, double confidence) {
    return interval((ones, others) -> auc(ones, others) - before.auc(ones, others), confidence);
  }

  private Interval interval(ToDoubleBiFunction<int[], int[]> statistic, double confidence) {
    SplittableRandom random = new SplittableRandom(Bootstrap.SEED);
    double[] values = new double[Bootstrap.RESAMPLES];
    Arrays.setAll(
        values,
        i ->
            statistic.applyAsDouble(
                draws(random, positiveUnitCount), draws(random, negativeUnitCount)));
    return Bootstrap.middle(values, confidence);
  }

  /** Returns how often each unit is drawn. */
  private static int[] draws(SplittableRandom random, int count) {
    int[] draws = new int[count];
    for (int i = 0; i < count; i++) {
      draws[random.nextInt(count)]++;
    }
    return draws;
  }

  private double auc(int[] positiveDraws, int[] negativeDraws) {
    double pairs = 0;
    double positives = 0;
    double negatives = 0;
    int i = 0;
    while (i < scores.length) {
      double score = scores[i];
      double tiedPositives = 0;
      double tiedNegatives = 0;
      for (; i < scores.length && scores[i] == score; i++) {
        if (positive[i]) {
          tiedPositives += positiveDraws[units[i]];
        } else {
          tiedNegatives += negativeDraws[units[i]];
        }
      }
      pairs += tiedPositives * (negatives + tiedNegatives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
    }
    return pairs / positives / negatives;
  }
}
