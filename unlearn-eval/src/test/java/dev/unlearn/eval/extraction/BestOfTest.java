package dev.unlearn.eval.extraction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BestOfTest {
  @Test
  void mean_byHand() {
    double[] values = {0.2, 0.9, 0.5};

    // Pairs: (0.2, 0.9), (0.2, 0.5), (0.9, 0.5).
    assertThat(BestOf.mean(values, 2)).isCloseTo((0.9 + 0.5 + 0.9) / 3, within(1e-15));
    assertThat(BestOf.mean(values, 1)).isCloseTo(1.6 / 3, within(1e-15));
    assertThat(BestOf.mean(values, 3)).isEqualTo(0.9);
    assertThat(values).containsExactly(0.2, 0.9, 0.5);
  }

  @Test
  void mean_allSubsets() {
    Random random = new Random(5);
    for (int n = 1; n <= 11; n++) {
      double[] values = random.doubles(n).map(value -> Math.rint(8 * value) / 8).toArray();
      for (int k = 1; k <= n; k++) {
        assertThat(BestOf.mean(values, k)).isCloseTo(ofAllSubsets(values, k), within(1e-12));
      }
    }
  }

  @Test
  void mean_manyValues() {
    double[] ones = new double[5000];
    Arrays.fill(ones, 1);

    assertThat(BestOf.mean(ones, 4096)).isCloseTo(1, within(1e-9)).isLessThanOrEqualTo(1);
    assertThat(BestOf.mean(new double[5000], 4096)).isZero();
  }

  @Test
  void mean_undefined() {
    assertThat(BestOf.mean(new double[] {Double.NaN, Double.NaN}, 1)).isNaN();
  }

  private static double ofAllSubsets(double[] values, int count) {
    double sum = 0;
    int subsets = 0;
    for (int subset = 0; subset < 1 << values.length; subset++) {
      if (Integer.bitCount(subset) == count) {
        double best = 0;
        for (int i = 0; i < values.length; i++) {
          best = (subset >> i & 1) == 1 ? Math.max(best, values[i]) : best;
        }
        sum += best;
        subsets++;
      }
    }
    return sum / subsets;
  }
}
