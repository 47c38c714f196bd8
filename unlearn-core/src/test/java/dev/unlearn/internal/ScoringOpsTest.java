package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  void chosenAndBest_lowestIdAtATie(int vocabulary) {
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
    long[] each = IntStream.range(0, rows).asLongStream().toArray();

    long[] best = ScoringOps.chosen(logits, longs(each), longs(new long[rows]))[1].toLongArray();

    assertThat(ScoringOps.best(logits).toLongArray()).isEqualTo(best);
    for (int row = 0; row < rows; row++) {
      double[] all = new double[vocabulary];
      for (int id = 0; id < vocabulary; id++) {
        all[id] = values[row * vocabulary + id];
      }
      assertThat(best[row]).as("row %s", row).isEqualTo(Values.highest(all));
    }
  }

  /** A first part without any id that can be, as of a model that masks them. */
  @Test
  void chosen_impossibleIds() {
    float[] values = new float[1100];
    Arrays.fill(values, 0, 1024, Float.NEGATIVE_INFINITY);
    values[1050] = 1;
    NDArray nothing = manager.zeros(new Shape(1100, 1));
    OutputMatrix head = new OutputMatrix(nothing, manager.create(values), 0);
    NDArray logits = manager.create(values, new Shape(1, 1100));

    for (NDArray[] chosen :
        List.of(
            ScoringOps.chosen(logits, longs(0, 0), longs(5, 1050)),
            ScoringOps.chosen(head, manager.ones(new Shape(1, 1)), longs(0, 0), longs(5, 1050)))) {
      float certain = (float) (1 - Math.log(75 + Math.E));
      assertThat(chosen[0].toFloatArray()[0]).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(chosen[0].toFloatArray()[1]).isCloseTo(certain, within(1e-6f));
      assertThat(chosen[1].toLongArray()).containsExactly(1050);
    }
  }

  /** Whole numbers, whose products are exact, and many of them alike. */
  @ParameterizedTest
  @CsvSource({"1, false, 0", "512, true, 0", "513, false, 4", "1300, true, 0", "1300, true, 9"})
  void chosen_fromStates_asFromLogits(int vocabulary, boolean hasBias, double cap) {
    int rows = 9;
    NDArray states = whole(1, 3, rows, 6);
    NDArray weight = whole(2, 3, vocabulary, 6);
    NDArray bias = hasBias ? whole(3, 2, vocabulary) : null;
    long[] which = {0, 0, 3, 8, 5, 5, 5};
    long[] ids = new Random(4).longs(which.length, 0, vocabulary).toArray();

    OutputMatrix head = new OutputMatrix(weight, bias, cap);
    NDArray[] chosen = ScoringOps.chosen(head, states, longs(which), longs(ids));
    long[] best = ScoringOps.best(head, states).toLongArray();

    double[][] logits = new double[rows][vocabulary];
    for (int row = 0; row < rows; row++) {
      for (int id = 0; id < vocabulary; id++) {
        double z = hasBias ? bias.getFloat(id) : 0;
        for (int i = 0; i < 6; i++) {
          z += states.getFloat(row, i) * weight.getFloat(id, i);
        }
        logits[row][id] = cap == 0 ? z : cap * Math.tanh(z / cap);
      }
      assertThat(best[row]).as("row %s", row).isEqualTo(Values.highest(logits[row]));
    }
    assertThat(chosen[1].toLongArray()).isEqualTo(best);
    for (int i = 0; i < which.length; i++) {
      double[] row = logits[(int) which[i]];
      double sum = Arrays.stream(row).map(Math::exp).sum();
      double expected = row[(int) ids[i]] - Math.log(sum);
      assertThat(chosen[0].getFloat(i)).isCloseTo((float) expected, within(1e-5f));
    }
  }

  private NDArray whole(int seed, int most, long... shape) {
    Random random = new Random(seed);
    Shape all = new Shape(shape);
    float[] values = new float[Math.toIntExact(all.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(2 * most + 1) - most;
    }
    return manager.create(values, all);
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
