package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.LiveArrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
final class RoundingOpsTest {
  private static final int ROWS = 6;
  private static final int WIDTH = 10;

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void round_byHand() {
    // Steps of 7 / 7 = 1 and of 3.5 / 7 = 0.5; ties go to even numbers.
    NDArray matrix = matrix(2, 4, 7f, -0.5f, 1.5f, -2.4f, 3.5f, 0.25f, -0.75f, 0.26f);
    RoundingOps.round(matrix, false, 4, 4);

    assertThat(matrix.toFloatArray()).containsExactly(7f, -0f, 2f, -2f, 3.5f, 0f, -1f, 0.5f);
  }

  @Test
  void round_zerosStay() {
    NDArray matrix = matrix(2, 3, 0f, 0f, 0f, 1f, 0f, -1f);
    RoundingOps.round(matrix, false, 3, 8);

    assertThat(matrix.toFloatArray()).containsExactly(0f, 0f, 0f, 1f, 0f, -1f);
  }

  /** Whole matrix, rows, groups that divide a row and groups that do not, lying and turned. */
  @ParameterizedTest
  @CsvSource({
    "false, 60, 8", "false, 10, 8", "false, 5, 4", "false, 4, 4", "false, 1, 2",
    "true, 60, 4", "true, 6, 8", "true, 3, 4", "true, 4, 4", "false, 7, 16"
  })
  void round_asPlainJava(boolean turned, int groupSize, int bits) {
    NDArray matrix = Values.random(manager, 5, 0.3, ROWS, WIDTH);
    float[] expected = rounded(matrix.toFloatArray(), turned, groupSize, bits);
    RoundingOps.round(matrix, turned, groupSize, bits);

    assertThat(matrix.toFloatArray()).containsExactly(expected);
  }

  @Test
  void round_viewsOfTrainedWeightsSeeIt() {
    NDArray matrix = Values.random(manager, 5, 0.3, 4, 4);
    matrix.setRequiresGradient(true);
    NDArray view = matrix.reshape(16);
    RoundingOps.round(matrix, false, 4, 4);

    assertThat(view.toFloatArray()).containsExactly(matrix.toFloatArray());
    assertThat(Torch.requiresGradient(matrix)).isTrue();
  }

  @Test
  void changes_byHand() {
    // Steps of 1: of five that changed three keep their number, and four moved by less than 0.5.
    NDArray matrix = matrix(1, 6, 7f, 0.3f, 1.6f, 2.2f, -3.1f, 1.0f);
    NDArray old = matrix(1, 6, 7f, 0.1f, 1.4f, 4.2f, -2.9f, 1.2f);

    assertThat(RoundingOps.changes(manager, matrix, old, false, 6, 4))
        .isEqualTo(new RoundingOps.Changes(5, 3, 4));
  }

  @Test
  void changes_leavesNothingBehind() {
    NDArray matrix = Values.random(manager, 5, 0.3, 4, 5);
    NDArray old = Values.random(manager, 6, 0.3, 4, 5);
    LiveArrays.assertConstant(
        manager,
        2,
        5,
        () -> {
          RoundingOps.round(matrix, true, 3, 8);
          assertThat(RoundingOps.changes(manager, matrix, old, true, 3, 4).changed()).isEqualTo(20);
        });
  }

  /** Rounds element by element, each by the largest of its group, found by looking at all. */
  private static float[] rounded(float[] values, boolean turned, int groupSize, int bits) {
    float levels = (1 << (bits - 1)) - 1;
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      float largest = 0;
      for (int j = 0; j < values.length; j++) {
        if (group(i, turned, groupSize) == group(j, turned, groupSize)) {
          largest = Math.max(largest, Math.abs(values[j]));
        }
      }
      float step = largest / levels;
      double number = Math.rint(values[i] / step);
      result[i] = (float) Math.max(-levels, Math.min(levels, number)) * step;
    }
    return result;
  }

  private static int group(int index, boolean turned, int groupSize) {
    int row = turned ? index % WIDTH : index / WIDTH;
    int column = turned ? index / WIDTH : index % WIDTH;
    return groupSize == ROWS * WIDTH ? 0 : 1000 * row + column / groupSize;
  }

  private NDArray matrix(int rows, int width, float... values) {
    return manager.create(values, new Shape(rows, width));
  }
}
