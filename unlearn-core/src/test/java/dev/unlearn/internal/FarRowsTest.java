package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rows lie far from the mean, and where they suffice, against doubles. */
@Tag("engine")
final class FarRowsTest {
  private static final int WIDTH = 32;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  /** Every tenth row is long; hidden states lie near one of them. */
  @ParameterizedTest
  @CsvSource({"4096, false, 0", "5003, true, 0", "5003, false, 2", "5003, true, 2"})
  void find_theLongRows(int ids, boolean biased, double mean) {
    NDArray plain = weight(ids, 10, 0.1);
    NDArray weight = plain.add(Values.random(manager, 5, mean, 1, WIDTH));
    NDArray bias = biased ? Values.random(manager, 3, 0.1, ids) : null;

    try (FarRows rows = find(weight, bias, near(plain, 10, 300), ids / 4).orElseThrow()) {
      long[] expected = new long[(ids + 9) / 10];
      Arrays.setAll(expected, i -> 10L * i);
      assertThat(rows.ids().toLongArray()).isEqualTo(expected);
      NDArray own = weight.get(manager.create(expected));
      assertThat(Values.of(rows.matrix().weight())).isEqualTo(Values.of(own));
      assertThat(rows.matrix().bias() == null).isEqualTo(!biased);
      double longest = longestOfOthers(weight, bias, expected);
      assertThat(Values.of(rows.rest())[0]).isBetween(longest, longest * 1.02);
    }
  }

  @ParameterizedTest
  @CsvSource({"4096, false, 0", "5003, true, 0", "5003, false, 2", "5003, true, 2"})
  void certain_onlyWhatIsTheHighest(int ids, boolean biased, double mean) {
    NDArray plain = weight(ids, 10, 0.5);
    NDArray weight = plain.add(Values.random(manager, 5, mean, 1, WIDTH));
    NDArray bias = biased ? Values.random(manager, 3, 0.1, ids) : null;
    int certain = 0;
    int others = 0;

    try (FarRows rows = find(weight, bias, near(plain, 10, 300), ids / 4).orElseThrow()) {
      for (int step : new int[] {1, 10}) {
        for (double blur : new double[] {0, 0.1, 1, 10}) {
          NDArray hidden = near(plain, step, 30).add(Values.random(manager, 9, blur, 30, WIDTH));
          long[] chosen = certain(rows, hidden);
          for (int row = 0; row < chosen.length; row++) {
            int highest = Values.highest(Values.scores(hidden, weight, bias, row));
            assertThat(chosen[row]).isIn(-1L, (long) highest);
            certain += chosen[row] < 0 ? 0 : 1;
            others += highest % 10 == 0 ? 0 : 1;
          }
        }
      }
    }

    assertThat(certain).isGreaterThan(60);
    assertThat(others).as("states whose best is another row").isGreaterThan(5);
  }

  /** The row 7 has its whole length along the state, so that the bound is what it scores. */
  @ParameterizedTest
  @CsvSource({"0.999, 7, false", "1.001, 0, false", "0.999, 7, true", "1.001, 0, true"})
  void certain_theBoundIsReached(double score, int best, boolean biased) {
    NDArray weight = manager.zeros(new Shape(5000, WIDTH));
    weight.set(new NDIndex("0, 0"), (float) (score / 2));
    weight.set(new NDIndex("1, 0"), -(float) (score / 2));
    weight.set(new NDIndex("0, 1"), 3);
    weight.set(new NDIndex("1, 1"), -3);
    weight.set(new NDIndex("7, 0"), 0.5f);
    weight.set(new NDIndex("8, 0"), -0.5f);
    NDArray bias = biased ? manager.zeros(new Shape(5000)) : null;
    NDArray sample = manager.zeros(new Shape(20, WIDTH));
    sample.set(new NDIndex(":, 1"), 1);
    NDArray hidden = manager.zeros(new Shape(1, WIDTH));
    hidden.set(new NDIndex("0, 0"), 200);

    try (FarRows rows = find(weight, bias, sample, 100).orElseThrow()) {
      assertThat(rows.ids().toLongArray()).containsExactly(0, 1);
      double[] scores = Values.scores(hidden, weight, bias, 0);
      assertThat(Values.highest(scores)).isEqualTo(best);
      assertThat(certain(rows, hidden)).containsExactly(best == 0 ? 0 : -1);
    }
  }

  /** A bias is a column like others: the row 7 is short, and is far by its bias. */
  @Test
  void find_farByItsBias() {
    NDArray weight = Values.random(manager, 1, 0.01, 5000, WIDTH);
    NDArray bias = manager.zeros(new Shape(5000));
    bias.set(new NDIndex("7"), 20);
    NDArray hidden = Values.random(manager, 2, 1, 20, WIDTH);

    try (FarRows rows = find(weight, bias, hidden, 100).orElseThrow()) {
      assertThat(rows.ids().toLongArray()).containsExactly(7);
      assertThat(certain(rows, hidden)).containsOnly(7);
    }
  }

  /** At a tie with another row nothing is certain, whichever comes first. */
  @ParameterizedTest
  @ValueSource(ints = {3, 4000})
  void certain_notAtATie(int other) {
    NDArray weight = manager.zeros(new Shape(5000, WIDTH));
    weight.set(new NDIndex("100, :2"), 4);
    weight.set(new NDIndex("101, :2"), -4);
    weight.set(new NDIndex("{}, 0", other), 4);
    weight.set(new NDIndex("{}, 0", other + 1), -4);
    NDArray sample = manager.zeros(new Shape(20, WIDTH));
    sample.set(new NDIndex(":, :2"), 1);
    NDArray hidden = manager.zeros(new Shape(2, WIDTH));
    hidden.set(new NDIndex(":, 0"), 1);
    hidden.set(new NDIndex("1, 1"), 1);

    try (FarRows rows = find(weight, null, sample, 3).orElseThrow()) {
      assertThat(rows.ids().toLongArray()).containsExactly(100, 101);
      assertThat(certain(rows, hidden)).containsExactly(-1, 100);
    }
  }

  /** Rows of one length all have to be looked at. */
  @Test
  void find_nothingWhereAllAreNeeded() {
    NDArray weight = Values.random(manager, 1, 1, 5000, WIDTH);
    NDArray states = Values.random(manager, 2, 1, 50, WIDTH);

    assertThat(find(weight, null, states, 5000 / 4)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"409, false", "410, true"})
  void find_noMoreThanAreWorthIt(long most, boolean found) {
    NDArray weight = weight(4096, 10, 0.1);

    Optional<FarRows> rows = find(weight, null, near(weight, 10, 300), most);

    assertThat(rows.isPresent()).isEqualTo(found);
    rows.ifPresent(FarRows::close);
  }

  /** A few states of the sample that need all rows do not hinder the others; half of them do. */
  @ParameterizedTest
  @CsvSource({"1, true", "3, true", "40, false", "60, false"})
  void find_whereMostStatesNeedFew(int elsewhere, boolean found) {
    NDArray weight = weight(4096, 10, 0.1);
    NDArray states = near(weight, 10, 64);
    weight.set(new NDIndex(":, 31"), 0);
    states.set(new NDIndex(":" + elsewhere), 0);
    states.set(new NDIndex(":" + elsewhere + ", 31"), 1);

    Optional<FarRows> rows = find(weight, null, states, 2048);

    assertThat(rows.isPresent()).isEqualTo(found);
    rows.ifPresent(
        far -> {
          assertThat(certain(far, states.get(new NDIndex(":" + elsewhere)))).containsOnly(-1);
          far.close();
        });
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void find_nothingInWhatIsNoNumber(float value) {
    NDArray weight = weight(4096, 10, 0.1);
    NDArray states = near(weight, 10, 100);
    NDArray broken = weight.duplicate();
    broken.set(new NDIndex("77, 7"), value);
    NDArray bias = manager.zeros(new Shape(4096));
    bias.set(new NDIndex("77"), value);

    assertThat(find(broken, null, states, 1024)).isEmpty();
    assertThat(find(weight, bias, states, 1024)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void certain_notOfWhatIsNoNumber(float value) {
    NDArray weight = weight(4096, 10, 0.1);
    NDArray states = near(weight, 10, 100);
    NDArray hidden = states.get(new NDIndex(":3")).duplicate();
    hidden.set(new NDIndex("1, 7"), value);
    states.set(new NDIndex("50, 5"), value);

    try (FarRows rows = find(weight, null, states, 1024).orElseThrow()) {
      long[] chosen = certain(rows, hidden);
      assertThat(chosen[1]).isEqualTo(-1);
      assertThat(chosen[0]).isEqualTo(Values.highest(Values.scores(hidden, weight, null, 0)));
      assertThat(chosen[2]).isEqualTo(Values.highest(Values.scores(hidden, weight, null, 2)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void close_freesAll(boolean biased) {
    NDArray weight = weight(4096, 10, 0.1);
    NDArray bias = biased ? manager.zeros(new Shape(4096)) : null;
    NDArray states = near(weight, 10, 300);
    try (NDManager owner = manager.newSubManager()) {
      OutputMatrix head = new OutputMatrix(weight, bias, 0);
      int before = ((BaseNDManager) manager).getManagedArrays().size();

      FarRows.find(owner, head, states, 1024).orElseThrow().close();

      assertThat(((BaseNDManager) owner).getManagedArrays()).isEmpty();
      assertThat(((BaseNDManager) manager).getManagedArrays()).hasSize(before);
    }
  }

  private Optional<FarRows> find(
      NDArray weight, @Nullable NDArray bias, NDArray states, long most) {
    return FarRows.find(manager, new OutputMatrix(weight, bias, 0), states, most);
  }

  /** Returns what is certain, if the best of the far rows is found by logits. */
  private static long[] certain(FarRows rows, NDArray hidden) {
    return rows.certain(hidden, ScoringOps.best(rows.matrix(), hidden)).toLongArray();
  }

  /** Returns rows of which every so many are of a length about 1, others so much as long. */
  private NDArray weight(int ids, int step, double length) {
    NDArray weight = Values.random(manager, 1, length / Math.sqrt(WIDTH), ids, WIDTH);
    weight.get(new NDIndex("::" + step)).muli(1 / length);
    return weight;
  }

  /** Returns states that have the direction of one of every so many rows, and a little more. */
  private NDArray near(NDArray weight, int step, int count) {
    NDArray rows = weight.get(new NDIndex("::" + step)).get(new NDIndex(":" + count)).mul(4);
    return rows.add(Values.random(manager, 8, 0.1, count, WIDTH));
  }

  private static double longestOfOthers(NDArray weight, @Nullable NDArray bias, long[] ids) {
    double[] rows = Values.of(weight);
    double[] biases = bias == null ? null : Values.of(bias);
    int count = rows.length / WIDTH;
    double[] mean = new double[WIDTH + 1];
    for (int id = 0; id < count; id++) {
      for (int i = 0; i < WIDTH; i++) {
        mean[i] += rows[id * WIDTH + i] / count;
      }
      mean[WIDTH] += biases == null ? 0 : biases[id] / count;
    }
    double longest = 0;
    for (int id = 0; id < count; id++) {
      if (Arrays.binarySearch(ids, id) < 0) {
        double square = biases == null ? 0 : Math.pow(biases[id] - mean[WIDTH], 2);
        for (int i = 0; i < WIDTH; i++) {
          square += Math.pow(rows[id * WIDTH + i] - mean[i], 2);
        }
        longest = Math.max(longest, Math.sqrt(square));
      }
    }
    return longest;
  }
}
