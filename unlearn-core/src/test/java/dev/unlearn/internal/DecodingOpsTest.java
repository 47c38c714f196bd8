package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What decoding computes in one call, but for the choice of ids, against loops over doubles. */
@Tag("engine")
final class DecodingOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    // rows, key heads, group, width, sequences, prefix, spare, slot, window, cap
    "1, 1, 1, 1, 1, 0, 1, 0, 0, 0",
    "1, 1, 1, 4, 1, 5, 4, 0, 0, 0",
    "3, 2, 1, 4, 3, 7, 4, 3, 0, 0",
    "7, 2, 3, 5, 2, 6, 4, 9, 0, 0",
    "7, 2, 3, 5, 2, 6, 4, 9, 0, 1.5",
    "9, 3, 2, 8, 4, 13, 3, 8, 0, 30",
    "5, 1, 4, 16, 5, 3, 2, 7, 3, 0",
    "6, 2, 2, 3, 2, 9, 4, 14, 6, 2",
    "6, 2, 2, 3, 2, 9, 4, 14, 20, 0",
    "4, 2, 2, 3, 1, 0, 4, 10, 0, 0",
    "4, 2, 2, 3, 1, 0, 4, 11, 2, 3",
    "8, 4, 1, 2, 3, 1, 1, 5, 0, 0",
    "3, 2, 2, 64, 2, 9, 33, 160, 0, 0",
    "2, 1, 3, 20, 2, 9, 1, 300, 129, 8",
  })
  void attend_equalsAttentionOverAllThatIsSeen(
      int rows,
      int keyHeads,
      int group,
      int width,
      int sequences,
      int prefix,
      int spare,
      int slot,
      int window,
      double cap) {
    AttendedRows of =
        new AttendedRows(manager, rows, keyHeads, group, width, sequences, prefix, spare, slot);
    of.draw(window);
    for (boolean bagged : new boolean[] {true, false}) {
      of.bagged = bagged;

      assertThat(Values.distance(Values.of(of.attend(0.6, cap)), of.plain(0.6, cap)))
          .as("bagged %s", bagged)
          .isLessThan(1e-5);
    }
  }

  @Test
  void attend_manyRandomShapes() {
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      AttendedRows of =
          new AttendedRows(
              manager,
              1 + random.nextInt(9),
              1 + random.nextInt(3),
              1 + random.nextInt(3),
              1 + random.nextInt(9),
              1 + random.nextInt(4),
              random.nextInt(3) * random.nextInt(8),
              1 + random.nextInt(5),
              random.nextInt(12));
      of.seed = 100L * i;
      of.draw(random.nextBoolean() ? 0 : 1 + random.nextInt(15));
      of.bagged = random.nextInt(3) > 0;
      double cap = random.nextBoolean() ? 0 : 2;

      assertThat(Values.distance(Values.of(of.attend(0.8, cap)), of.plain(0.8, cap)))
          .as("round %s: %s", i, of)
          .isLessThan(1e-5);
    }
  }

  /** Scores of hundreds: one side has all the weight, and which one it is differs by row. */
  @Test
  void attend_scoresFarApart() {
    AttendedRows of = new AttendedRows(manager, 8, 2, 2, 6, 2, 5, 3, 7);
    of.deviation = 6;
    of.draw(0);

    assertThat(Values.distance(Values.of(of.attend(3, 0)), of.plain(3, 0))).isLessThan(1e-4);
  }

  @Test
  void attend_rowsWithNothingOfTheirPrefix() {
    AttendedRows of = new AttendedRows(manager, 6, 2, 2, 3, 2, 5, 4, 6);
    of.draw(0);
    for (int row = 0; row < 6; row += 2) {
      of.first[row] = row == 2 ? 5 : 0;
      of.end[row] = row == 2 ? 5 : 0;
    }

    double[] actual = Values.of(of.attend(0.6, 0));

    assertThat(Values.distance(actual, of.plain(0.6, 0))).isLessThan(1e-5);
    assertThat(Arrays.stream(actual).allMatch(Double::isFinite)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0, 4", "3, 4", "4, 4", "9, 4", "2, 1", "3, 1", "11, 2"})
  void attend_appendsAtTheSlot_keysWhenTheirBlockIsFull(int slot, int spare) {
    AttendedRows of = new AttendedRows(manager, 3, 2, 2, 5, 2, 4, spare, slot);
    of.draw(0);
    int place = slot % AttendedRows.BLOCK;
    NDArray waiting = of.lateKeys.get(":3").duplicate();
    double[] late = Values.of(waiting);
    double[] added = Values.of(of.k);
    for (int i = 0; i < added.length; i++) {
      late[(i / 5 * AttendedRows.BLOCK + place) * 5 + i % 5] = added[i];
    }
    double[] keys = Values.of(of.ownKeys);
    if (place == AttendedRows.BLOCK - 1) {
      for (int token = 0; token < place; token++) {
        keys = of.putKeys(keys, slot - place + token, waiting.get(":, :, {}", token));
      }
      keys = of.putKeys(keys, slot, of.k);
    }
    double[] values = of.putValues(slot, of.v);

    assertThat(of.attend(1, 0).getShape()).isEqualTo(new Shape(3, 4, 1, 5));

    assertThat(Values.of(of.lateKeys.get(":3"))).containsExactly(late);
    assertThat(Values.of(of.ownKeys)).containsExactly(keys);
    assertThat(Values.of(of.ownValues)).containsExactly(values);
  }

  @Test
  void prefixMask_isZeroInsideAndFiniteOutside() {
    NDArray first = manager.create(new long[] {0, 1, 2, 0, 9, 4}, new Shape(3, 1, 2, 1));
    NDArray end = manager.create(new long[] {4, 3, 2, 0, 12, 4}, new Shape(3, 1, 2, 1));
    NDArray keys = manager.create(new long[] {0, 1, 2, 3});

    NDArray mask = DecodingOps.prefixMask(first, end, keys);

    float[] expected = new float[24];
    Arrays.fill(expected, AttendedRows.NEVER);
    Arrays.fill(expected, 0, 4, 0);
    Arrays.fill(expected, 5, 7, 0);
    assertThat(mask.getShape()).isEqualTo(new Shape(3, 1, 2, 1, 4));
    assertThat(mask.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(Values.distance(Values.of(mask), Values.of(manager.create(expected)))).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "2, 0, 0", "2, 1, 1", "2, 4, 4", "2, 1, 2", "2, 4, 9", "2, 0, 3", "3, 3, 3", "3, 2, 5"
  })
  void select_copiesRowsAndFirstElements(int axis, int length, int room) {
    NDArray array = Values.random(manager, 1, 1, 5, 2, 4, 3);
    double[] all = Values.of(array);
    int[] rows = {4, 0, 0, 3};
    long[] index = Arrays.stream(rows).asLongStream().toArray();

    NDArray some = DecodingOps.select(array, manager.create(index), axis, length, room);

    int tall = axis == 2 ? room : 4;
    int wide = axis == 3 ? room : 3;
    assertThat(some.getShape()).isEqualTo(new Shape(4, 2, tall, wide));
    array.muli(0);
    double[] expected = new double[4 * 2 * tall * wide];
    for (int i = 0; i < expected.length; i++) {
      int column = i % wide;
      int line = i / wide % tall;
      int head = i / wide / tall % 2;
      int row = rows[i / wide / tall / 2];
      if ((axis == 2 ? line : column) < length) {
        expected[i] = all[((row * 2 + head) * 4 + line) * 3 + column];
      }
    }
    assertThat(Values.of(some)).containsExactly(expected);
  }
}
