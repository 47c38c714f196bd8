package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.unlearn.LiveArrays;
import dev.unlearn.internal.FarRows;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Choices among rows that lie far out, and where others decide, against doubles. */
@Tag("engine")
final class FarIdsTest {
  private static final int IDS = 5000;
  private static final int WIDTH = 48;
  private static final int STEP = 20;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  /** Some states lie near a long row, some near a short one; a state of none needs all rows. */
  @ParameterizedTest
  @CsvSource({"1, 0, false", "30, 0, true", "30, 1, false", "240, 2, true", "240, 10, false"})
  void choose_farAndNear(int count, double blur, boolean biased) {
    NDArray bias = biased ? Values.random(manager, 3, 0.05, IDS) : null;
    LastMatrix output = new LastMatrix(weight(), bias);

    try (BestIds best = chooser(output)) {
      best.learn(states(output.weight, STEP, 60, 0.1));
      for (int step : new int[] {STEP, 1}) {
        NDArray hidden = states(output.weight, step, count, blur);
        int[] ids = best.choose(hidden);
        for (int row = 0; row < count; row += 1 + count / 40) {
          double[] scores = output.scores(hidden, row);
          assertThat(ids[row]).as("row %s", row).isEqualTo(Values.highest(scores));
        }
      }
    }
  }

  /** Products of small whole numbers are exact: equal rows tie, the lower id is chosen. */
  @ParameterizedTest
  @CsvSource({"40, 3, 3", "40, 4001, 40", "40, 60, 40", "100, 40, 40"})
  void choose_lowestAtATie(int one, int other, int lowest) {
    NDArray weight = weight().mul(8).round();
    NDArray states = states(weight, STEP, 60, 0.1);
    weight.set(new NDIndex(other), weight.get(one));
    LastMatrix output = new LastMatrix(weight, null);

    try (BestIds best = chooser(output)) {
      best.learn(states);
      assertThat(best.choose(weight.get(new NDIndex(one + ":" + (one + 1)))))
          .containsExactly(lowest);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void choose_ofWhatIsNoNumber(float value) {
    LastMatrix output = new LastMatrix(weight(), null);
    NDArray hidden = states(output.weight, STEP, 5, 0.1);
    hidden.set(new NDIndex("3, 7"), value);
    long[] expected = output.logits(hidden).argMax(1).toLongArray();

    try (BestIds best = chooser(output)) {
      best.learn(states(output.weight, STEP, 60, 0.1));
      assertThat(Arrays.stream(best.choose(hidden)).asLongStream().toArray()).isEqualTo(expected);
    }
  }

  @Test
  void choose_saysWhatIsUncertain() {
    NDArray weight = weight();
    LastMatrix output = new LastMatrix(weight, null);
    NDArray hidden = states(weight, 1, 2 * STEP, 0);

    try (FarIds far = far(output)) {
      int[] ids = far.choose(hidden);

      for (int row = 0; row < ids.length; row++) {
        assertThat(ids[row]).isEqualTo(row % STEP == 0 ? row : -1);
      }
    }
  }

  /** More than half of at least 1,024 choices. */
  @Test
  void isOfUse_untilMostIsUncertain() {
    LastMatrix output = new LastMatrix(weight(), null);
    NDArray sure = states(output.weight, STEP, 100, 0);
    NDArray unsure = states(output.weight.get(new NDIndex("1:")), STEP, 100, 0);

    try (FarIds far = far(output)) {
      for (int call = 0; call < 10; call++) {
        assertThat(far.choose(unsure)).containsOnly(-1);
        assertThat(far.isOfUse()).isTrue();
      }
      for (int call = 0; call < 10; call++) {
        assertThat(far.choose(sure)).doesNotContain(-1);
        assertThat(far.isOfUse()).isEqualTo(call == 9);
      }
      far.choose(unsure);
      assertThat(far.isOfUse()).isFalse();
    }
  }

  @Test
  void choose_whatIsUncertain_leavesNothing() {
    LastMatrix output = new LastMatrix(weight(), null);
    NDArray hidden = states(output.weight, 1, 2 * STEP, 0);

    try (BestIds best = chooser(output)) {
      best.learn(states(output.weight, STEP, 60, 0.1));

      LiveArrays.assertConstant(
          manager, 2, 5, () -> assertThat(best.choose(hidden)).hasSize(2 * STEP));
    }
  }

  @Test
  void close_freesAll() {
    LastMatrix output = new LastMatrix(weight(), Values.random(manager, 3, 0.05, IDS));
    NDArray states = states(output.weight, STEP, 60, 0.1);
    int before = ((BaseNDManager) manager).getManagedArrays().size();

    for (int round = 0; round < 3; round++) {
      try (BestIds best = chooser(output);
          NDManager scope = manager.newSubManager()) {
        best.learn(states);
        NDArray hidden = states.duplicate();
        hidden.attach(scope);
        assertThat(best.choose(hidden)).hasSize(60);
        NDArray others = Values.random(scope, 6, 1, 20, WIDTH);
        assertThat(best.choose(others)).hasSize(20);
      }
    }

    assertThat(((BaseNDManager) manager).getManagedArrays()).hasSize(before);
  }

  private FarIds far(LastMatrix output) {
    NDArray states = states(output.weight, STEP, 60, 0.1);
    FarRows rows =
        FarRows.find(manager, output.outputMatrix().orElseThrow(), states, IDS / 4).orElseThrow();
    return new FarIds(rows, new CodedHeads(rows.matrix(), manager));
  }

  private static BestIds chooser(LastMatrix output) {
    return new BestIds(output, 1_000_000, Long.MAX_VALUE);
  }

  /** Returns rows of a length of 4, but of 6.5 every twentieth. */
  private NDArray weight() {
    NDArray weight = withLength(Values.random(manager, 1, 1, IDS, WIDTH), 4);
    weight.get(new NDIndex("::" + STEP)).muli(1.625);
    return weight;
  }

  /** Returns states along every so many rows, all of one length but for what is added. */
  private NDArray states(NDArray weight, int step, int count, double blur) {
    NDArray rows = weight.get(new NDIndex("::" + step)).get(new NDIndex(":" + count));
    return withLength(rows, 20).add(Values.random(manager, 8, blur, count, WIDTH));
  }

  private static NDArray withLength(NDArray rows, double length) {
    return rows.div(rows.norm(new int[] {1}, true)).mul(length);
  }
}
