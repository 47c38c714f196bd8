package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class ScoringOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  /** 1/2, 1/4, 1/4. */
  @Test
  void chosen_oneRowForSeveralIds() {
    float half = (float) Math.log(2);
    NDArray logits = manager.create(new float[] {0, 0, 0, 3 + half, 3, 3}, new Shape(2, 3));

    NDArray[] chosen = ScoringOps.chosen(logits, longs(1, 0, 1), longs(2, 1, 0));

    assertThat(chosen[0].toFloatArray())
        .containsExactly(
            new float[] {(float) -Math.log(4), (float) -Math.log(3), -half}, within(1e-6f));
    assertThat(chosen[1].toLongArray()).containsExactly(0, 0);
  }

  /** Few values, so that the highest is there many times; sizes around multiples of 512. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 511, 512, 1023, 1024, 1025, 1535, 1536, 1537, 5000})
  void chosen_lowestIdAtATie(int vocabulary) {
    Random random = new Random(vocabulary);
    int rows = 60;
    float[] values = new float[rows * vocabulary];
    for (int row = 0; row < rows; row++) {
      int most = 2 + random.nextInt(50_000);
      for (int id = 0; id < vocabulary; id++) {
        values[row * vocabulary + id] = -random.nextInt(most);
      }
    }
    values[vocabulary - 1] = 1; // the last one of all
    NDArray logits = manager.create(values, new Shape(rows, vocabulary));
    long[] all = IntStream.range(0, rows).asLongStream().toArray();

    long[] best = ScoringOps.chosen(logits, longs(all), longs(new long[rows]))[1].toLongArray();

    for (int row = 0; row < rows; row++) {
      int expected = 0;
      for (int id = 1; id < vocabulary; id++) {
        if (values[row * vocabulary + id] > values[row * vocabulary + expected]) {
          expected = id;
        }
      }
      assertThat(best[row]).as("row %s", row).isEqualTo(expected);
    }
  }

  /** Certain of one id: p ln p is 0 for the others, whose logarithms are minus infinity or so. */
  @Test
  void moments_ofACertainty() {
    NDArray logits =
        manager.create(new float[] {Float.NEGATIVE_INFINITY, 0, -1000, 5, 5, 5}, new Shape(2, 3));

    NDArray[] moments = ScoringOps.moments(logits);

    assertThat(moments[0].toFloatArray())
        .containsExactly(new float[] {0, (float) -Math.log(3)}, within(1e-6f));
    assertThat(moments[1].toFloatArray()).containsExactly(new float[] {0, 0}, within(1e-12f));
  }

  /**
   * Of all ids almost alike: mean -10.8, variance 1e-4; the square of the mean is not subtracted.
   */
  @Test
  void moments_smallVarianceOfManyIds() {
    int vocabulary = 50_257;
    Random random = new Random(1);
    float[] values = new float[40 * vocabulary];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (20 + 0.01 * random.nextGaussian());
    }
    NDArray[] moments = ScoringOps.moments(manager.create(values, new Shape(40, vocabulary)));

    float[] means = moments[0].toFloatArray();
    float[] variances = moments[1].toFloatArray();
    for (int row = 0; row < 40; row++) {
      double sum = 0;
      for (int id = 0; id < vocabulary; id++) {
        sum += Math.exp(values[row * vocabulary + id] - 20.0);
      }
      double mean = 0;
      double square = 0;
      for (int id = 0; id < vocabulary; id++) {
        double logP = values[row * vocabulary + id] - 20.0 - Math.log(sum);
        mean += Math.exp(logP) * logP;
        square += Math.exp(logP) * logP * logP;
      }
      assertThat(means[row]).isCloseTo((float) mean, within(2e-5f));
      assertThat(variances[row]).isCloseTo((float) (square - mean * mean), within(1e-7f));
    }
  }

  private NDArray longs(long... values) {
    return manager.create(values);
  }
}
