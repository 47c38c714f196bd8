package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
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

/** What decoding computes in one call, against loops over doubles. */
@Tag("engine")
final class DecodingOpsTest {
  private static final float NEVER = -1e30f;

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
    Rows of = new Rows(rows, keyHeads, group, width, sequences, prefix, spare, slot);
    of.draw(window);

    assertThat(Values.distance(Values.of(of.attend(0.6, cap)), of.plain(0.6, cap)))
        .isLessThan(1e-5);
  }

  @Test
  void attend_manyRandomShapes() {
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      Rows of =
          new Rows(
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
      double cap = random.nextBoolean() ? 0 : 2;

      assertThat(Values.distance(Values.of(of.attend(0.8, cap)), of.plain(0.8, cap)))
          .as("round %s: %s", i, of)
          .isLessThan(1e-5);
    }
  }

  /** Scores of hundreds: one side has all the weight, and which one it is differs by row. */
  @Test
  void attend_scoresFarApart() {
    Rows of = new Rows(8, 2, 2, 6, 2, 5, 3, 7);
    of.deviation = 6;
    of.draw(0);

    assertThat(Values.distance(Values.of(of.attend(3, 0)), of.plain(3, 0))).isLessThan(1e-4);
  }

  @Test
  void attend_rowsWithNothingOfTheirPrefix() {
    Rows of = new Rows(6, 2, 2, 3, 2, 5, 4, 6);
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
  @CsvSource({"0, 4", "3, 4", "4, 4", "9, 4", "2, 1"})
  void attend_appendsAtTheSlot(int slot, int spare) {
    Rows of = new Rows(3, 2, 2, 5, 2, 4, spare, slot);
    of.draw(0);
    double[] keys = Values.of(of.ownKeys);
    double[] values = Values.of(of.ownValues);

    assertThat(of.attend(1, 0).getShape()).isEqualTo(new Shape(3, 4, 1, 5));

    of.put(keys, slot, of.k);
    of.put(values, slot, of.v);
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
    Arrays.fill(expected, NEVER);
    Arrays.fill(expected, 0, 4, 0);
    Arrays.fill(expected, 5, 7, 0);
    assertThat(mask.getShape()).isEqualTo(new Shape(3, 1, 2, 1, 4));
    assertThat(mask.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(Values.distance(Values.of(mask), Values.of(manager.create(expected)))).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "4, 4", "1, 2", "4, 9", "0, 3"})
  void select_copiesRowsAndFirstElements(int length, int room) {
    NDArray array = Values.random(manager, 1, 1, 5, 2, 4, 3);
    int[] rows = {4, 0, 0, 3};
    double[] all = Values.of(array);

    NDArray some =
        DecodingOps.select(
            array, manager.create(Arrays.stream(rows).asLongStream().toArray()), length, room);

    assertThat(some.getShape()).isEqualTo(new Shape(4, 2, room, 3));
    array.muli(0);
    double[] actual = Values.of(some);
    int i = 0;
    for (int row : rows) {
      for (int head = 0; head < 2; head++) {
        int from = (row * 2 + head) * 4 * 3;
        assertThat(Arrays.copyOfRange(actual, i, i + length * 3))
            .containsExactly(Arrays.copyOfRange(all, from, from + length * 3));
        i += room * 3;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 3, false",
    "16, 1, false",
    "17, 8, true",
    "100, 33, true",
    "4096, 5, false",
    "4097, 6, true",
    "8200, 12, true",
    "12300, 4, false",
  })
  void encode_saysHowFarEachRowIsOff(int rows, int width, boolean outliers) {
    NDArray weight = Values.random(manager, 1, 0.1, rows, width).add(0.5);
    NDArray sample = Values.random(manager, 2, 3, 5, width);
    if (outliers) {
      weight.get(new NDIndex(":, 1")).muli(1000);
      weight.get(new NDIndex(":, 2")).muli(1e-4);
      weight.get(new NDIndex("7")).muli(50);
      sample.get(new NDIndex(":, 3")).muli(300);
    }

    DecodingOps.Codes codes =
        DecodingOps.encode(manager, weight, manager.create(new Shape(0)), sample);

    assertThat(codes.rows() % 16).isZero();
    assertThat(codes.rows()).isBetween((long) rows, rows + 15L);
    assertThat(codes.codes().getShape()).isEqualTo(new Shape(codes.rows(), width));
    double[] near = near(codes, width);
    double[] balance = Values.of(codes.balance());
    assertThat(Arrays.stream(balance).map(b -> Math.scalb(1.0, Math.getExponent(b))).toArray())
        .containsExactly(balance);
    double[] exact = Values.of(weight.sub(weight.mean(new int[] {0}, true)));
    double error = codes.error().getFloat();
    double length = codes.length().getFloat();
    double largestError = 0;
    double largestLength = 0;
    for (int row = 0; row < codes.rows(); row++) {
      double[] of = Arrays.copyOfRange(near, row * width, (row + 1) * width);
      double[] rest = new double[width];
      for (int i = 0; i < width; i++) {
        rest[i] = exact[row % rows * width + i] / balance[i] - of[i]; // filled up with the first
      }
      largestError = Math.max(largestError, Math.sqrt(dot(rest, rest)));
      largestLength = Math.max(largestLength, Math.sqrt(dot(of, of)));
    }
    assertThat(error).isCloseTo(largestError, within(1e-4 * largestError + 1e-6 * length + 1e-20));
    assertThat(length).isCloseTo(largestLength, within(1e-5 * largestLength + 1e-12));
  }

  /** Columns a thousand times as large as others must not take the others' bits. */
  @Test
  void encode_balancesColumns() {
    NDArray weight = Values.random(manager, 1, 1, 64, 9);
    NDArray sample = Values.random(manager, 2, 1, 30, 9);
    weight.get(new NDIndex(":, 4")).muli(1024);
    sample.get(new NDIndex(":, 5")).muli(1024);

    double[] balance =
        Values.of(
            DecodingOps.encode(manager, weight, manager.create(new Shape(0)), sample).balance());

    for (int i = 0; i < 9; i++) {
      double expected = i == 4 ? 32 : i == 5 ? 1 / 32.0 : 1;
      assertThat(balance[i]).isBetween(expected / 4, expected * 4);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 16, 4, false",
    "3, 17, 5, false",
    "3, 17, 5, true",
    "9, 100, 24, true",
    "40, 1000, 65, true",
    "5, 4096, 64, true",
    "5, 4097, 64, false",
    "5, 4097, 64, true",
    "5, 9001, 48, true",
  })
  void bestIds_equalsTheHighestOfDoubles(int rows, int ids, int width, boolean biased) {
    NDArray hidden = Values.random(manager, 1, 2, rows, width);
    NDArray weight = Values.random(manager, 2, 0.5, ids, width).add(1);
    NDArray bias = biased ? Values.random(manager, 3, 3, ids) : manager.create(new Shape(0));

    long[] best = best(hidden, weight, bias);

    for (int row = 0; row < rows; row++) {
      double[] scores = scores(hidden, weight, bias, row);
      assertThat(best[row]).as("row %s", row).isEqualTo(highest(scores));
    }
  }

  /**
   * Two rows whose codes are off by 31/64 in all but one element, one up and one down, along the
   * hidden row: 6457 + 33/64 against 6456 + 31/64, but 60 less by their codes. The bound is then
   * 61.5, so little of it may be missing.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bestIds_errorOfTheWeightsAlongTheHiddenRow(boolean biased) {
    float[][] rows = new float[32][64];
    double tenth = 31 / 64.0;
    for (int i = 0; i < 64; i++) {
      rows[3][i] = i == 0 ? 127 : (float) (100 + tenth);
      rows[5][i] = i == 0 ? 127 : (float) (100 + (i <= 60 ? 1 : 0) - tenth);
    }
    NDArray weight = symmetric(rows);
    NDArray hidden = manager.ones(new Shape(1, 64));
    NDArray bias = biased ? manager.zeros(new Shape(32)) : manager.create(new Shape(0));

    assertThat(scores(hidden, weight, bias, 0)[3]).isEqualTo(127 + 63 * (100 + tenth));
    assertThat(best(hidden, weight, bias)).containsExactly(3);
  }

  /**
   * A hidden row whose codes are off by 31/64 in all but one element, along a row of 127s: 65 and
   * -65 are -3810 and 3810 by their codes. The bound is then 7812.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bestIds_errorOfTheHiddenRowAlongTheWeights(boolean biased) {
    float[] values = new float[64];
    values[0] = 127;
    int sum = 127;
    for (int i = 1; i < 64; i++) {
      int code = i == 63 ? -126 : i % 2 == 0 ? 100 : -101;
      sum += code;
      values[i] = code + 31 / 64f;
    }
    float[][] rows = new float[32][64];
    Arrays.fill(rows[3], 127);
    NDArray weight = symmetric(rows);
    NDArray hidden = manager.create(values, new Shape(1, 64));
    NDArray bias = biased ? manager.zeros(new Shape(32)) : manager.create(new Shape(0));

    assertThat(sum).isEqualTo(-30);
    assertThat(scores(hidden, weight, bias, 0)[3]).isEqualTo(127 * (63 * 31 / 64.0 - 30));
    assertThat(best(hidden, weight, bias)).containsExactly(3);
  }

  /** Small whole numbers, whose products are exact in any order; many rows are cut into pieces. */
  @ParameterizedTest
  @CsvSource({
    "4, 16, 3, 7",
    "4, 4096, 100, 4095",
    "4, 9001, 8999, 17",
    "4, 9001, 9000, 9000",
    "300, 9001, 2, 9000",
    "300, 9001, 4607, 4608",
    "2000, 9001, 575, 576",
    "2000, 9001, 9000, 591",
  })
  void bestIds_lowestAtATie(int rows, int ids, int one, int other) {
    NDArray hidden = whole(1, rows, 24);
    NDArray weight = whole(2, ids, 24);
    for (int id : new int[] {one, other}) {
      weight.set(new NDIndex(id), hidden.get(2).mul(4));
    }
    NDArray none = manager.create(new Shape(0));
    int lowest = Math.min(one, other);

    assertThat(best(hidden, weight, none)[2]).isEqualTo(lowest);
    assertThat(best(hidden, weight, manager.ones(new Shape(ids)))[2]).isEqualTo(lowest);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 230, 460, 2000})
  void bestIds_ofAnyNumberOfRows(int rows) {
    NDArray hidden = whole(1, rows, 24);
    NDArray weight = whole(2, 9001, 24);
    NDArray none = manager.create(new Shape(0));

    long[] best = best(hidden, weight, none);

    for (int row = rows - 1; row >= 0; row -= 1 + rows / 30) {
      assertThat(best[row]).as("row %s", row).isEqualTo(highest(scores(hidden, weight, none, row)));
    }
  }

  @Test
  void bestIds_biasDecidesATie() {
    NDArray weight = manager.ones(new Shape(20, 8));
    NDArray hidden = Values.random(manager, 1, 1, 3, 8);
    float[] bias = new float[20];
    bias[11] = 1e-3f;
    bias[19] = 2e-3f;

    assertThat(best(hidden, weight, manager.create(bias))).containsOnly(19);
  }

  /** What fills up the pieces repeats other ids; few rows do not have many hits to spare. */
  @ParameterizedTest
  @CsvSource({"17, false", "17, true", "4097, false", "4097, true", "8193, false", "8193, true"})
  void bestIds_theLastId(int ids, boolean biased) {
    NDArray hidden = whole(1, 3, 24);
    NDArray weight = whole(2, ids, 24);
    weight.set(new NDIndex(ids - 1), hidden.get(1).mul(4));
    NDArray bias = biased ? manager.ones(new Shape(ids)) : manager.create(new Shape(0));

    assertThat(best(hidden, weight, bias)[1]).isEqualTo(ids - 1);
  }

  /** The squares of such numbers are 0 in float32, and so would be all that 8 bits are off. */
  @Test
  void bestIds_tinyNumbers() {
    NDArray hidden = Values.random(manager, 1, 1, 20, 64).mul(1e-25f);
    NDArray weight = Values.random(manager, 2, 1, 4096, 64);
    NDArray bias = manager.create(new Shape(0));

    long[] best = best(hidden, weight, bias);

    for (int row = 0; row < 20; row++) {
      assertThat(best[row]).isIn(-1L, (long) highest(scores(hidden, weight, bias, row)));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void bestIds_ofWhatIsNoNumber(float value) {
    NDArray hidden = Values.random(manager, 1, 1, 3, 8);
    NDArray weight = Values.random(manager, 2, 1, 50, 8);
    NDArray bias = manager.create(new Shape(0));
    DecodingOps.Codes codes = DecodingOps.encode(manager, weight, bias, hidden);
    DecodingOps.Workspace space = DecodingOps.Workspace.of(manager, codes, 3);
    hidden.set(new NDIndex("1, 5"), value);

    long[] best = DecodingOps.bestIds(hidden, weight, bias, codes, space).toLongArray();

    assertThat(best[1]).isEqualTo(50);
    for (int row : new int[] {0, 2}) {
      assertThat(best[row]).isEqualTo(highest(scores(hidden, weight, bias, row)));
    }
  }

  @Test
  void bestIds_givesUpWhenTooManyTie() {
    NDArray hidden = Values.random(manager, 1, 1, 3, 8);
    NDArray weight = manager.ones(new Shape(4096, 8));

    assertThat(best(hidden, weight, manager.create(new Shape(0)))).containsExactly(-1, -1, -1);
  }

  private long[] best(NDArray hidden, NDArray weight, NDArray bias) {
    DecodingOps.Codes codes = DecodingOps.encode(manager, weight, bias, hidden);
    DecodingOps.Workspace space =
        DecodingOps.Workspace.of(manager, codes, hidden.getShape().get(0));
    NDArray best = DecodingOps.bestIds(hidden, weight, bias, codes, space);
    assertThat(best.getDataType()).isEqualTo(DataType.INT64);
    return best.toLongArray();
  }

  /** Fills the second half with the negative of the first, so that the mean is 0. */
  private NDArray symmetric(float[][] rows) {
    int half = rows.length / 2;
    for (int i = 0; i < half; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        rows[half + i][j] = -rows[i][j];
      }
    }
    return manager.create(rows);
  }

  private NDArray whole(long seed, int rows, int width) {
    return Values.random(manager, seed, 2, rows, width).round();
  }

  private static double[] scores(NDArray hidden, NDArray weight, NDArray bias, int row) {
    int width = Math.toIntExact(weight.getShape().get(1));
    double[] of = row(Values.of(hidden), row, width);
    double[] weights = Values.of(weight);
    double[] biases = Values.of(bias);
    return IntStream.range(0, weights.length / width)
        .mapToDouble(id -> dot(of, row(weights, id, width)) + (biases.length > 0 ? biases[id] : 0))
        .toArray();
  }

  private static int highest(double[] scores) {
    return IntStream.range(0, scores.length).reduce(0, (a, b) -> scores[b] > scores[a] ? b : a);
  }

  private static double[] near(DecodingOps.Codes codes, int width) {
    byte[] values = codes.codes().toByteArray();
    double[] scales = Values.of(codes.scales());
    return IntStream.range(0, values.length)
        .mapToDouble(i -> values[i] * scales[i / width / 16])
        .toArray();
  }

  private static double[] row(double[] values, int row, int width) {
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }

  /** Rows with random keys and values, and the same in loops. */
  private final class Rows {
    private final int rows;
    private final int keyHeads;
    private final int group;
    private final int width;
    private final int sequences;
    private final int prefix;
    private final int room;
    private final int slot;
    private final int[] sequenceOf;
    private final int[] first;
    private final int[] end;
    private long seed;
    private double deviation = 1;
    private int firstOwn;
    private NDArray q = manager.create(0f);
    private NDArray k = q;
    private NDArray v = q;
    private NDArray prefixKeys = q;
    private NDArray prefixValues = q;
    private NDArray ownKeys = q;
    private NDArray ownValues = q;

    private Rows(
        int rows,
        int keyHeads,
        int group,
        int width,
        int sequences,
        int prefix,
        int spare,
        int slot) {
      this.rows = rows;
      this.keyHeads = keyHeads;
      this.group = group;
      this.width = width;
      this.sequences = sequences;
      this.prefix = prefix;
      room = slot + spare;
      this.slot = slot;
      sequenceOf = new int[rows];
      first = new int[rows];
      end = new int[rows];
    }

    private void draw(int window) {
      Random random = new Random(seed);
      firstOwn = window == 0 ? 0 : Math.max(0, slot - window + 1);
      for (int row = 0; row < rows; row++) {
        sequenceOf[row] = random.nextInt(sequences);
        end[row] = random.nextInt(prefix + 1);
        first[row] = window == 0 ? 0 : Math.max(0, end[row] + slot - window + 1);
      }
      q = random(rows, (long) keyHeads * group, 1, width);
      k = random(rows, keyHeads, 1, width);
      v = random(rows, keyHeads, 1, width);
      prefixKeys = random(sequences, keyHeads, prefix, width);
      prefixValues = random(sequences, keyHeads, prefix, width);
      ownKeys = random(rows + 2, keyHeads, room, width); // two rows that have retired
      ownValues = random(rows + 2, keyHeads, room, width);
    }

    private NDArray random(long... shape) {
      return Values.random(manager, ++seed, deviation, shape);
    }

    private NDArray attend(double scale, double cap) {
      int[] counts = new int[sequences];
      int[] standing = new int[rows];
      for (int row = 0; row < rows; row++) {
        standing[row] = counts[sequenceOf[row]]++;
      }
      int most = Arrays.stream(counts).max().orElseThrow();
      long[] places = new long[sequences * most];
      Arrays.fill(places, rows - 1);
      long[] back = new long[rows];
      long[] from = new long[places.length];
      long[] to = new long[places.length];
      for (int row = 0; row < rows; row++) {
        int place = sequenceOf[row] * most + standing[row];
        back[row] = place;
        places[place] = row;
        from[place] = first[row];
        to[place] = end[row];
      }
      float[] prefixMask = new float[places.length * prefix];
      for (int i = 0; i < prefixMask.length; i++) {
        int place = i / prefix;
        int key = i % prefix;
        prefixMask[i] = key < from[place] || key >= to[place] ? NEVER : 0;
      }
      return DecodingOps.attend(
          q,
          k,
          v,
          prefixKeys,
          prefixValues,
          ownKeys,
          ownValues,
          new DecodingOps.Sight(
              manager.create(prefixMask, new Shape(sequences, 1, most, 1, prefix)),
              manager.create(places),
              manager.create(back),
              firstOwn,
              slot),
          scale,
          cap);
    }

    /** To be called after attend, which appends; keys and values are read from the arguments. */
    private double[] plain(double scale, double cap) {
      double[] queries = Values.of(q);
      double[] result = new double[queries.length];
      int heads = keyHeads * group;
      for (int row = 0; row < rows; row++) {
        for (int head = 0; head < heads; head++) {
          List<double[]> keys = seen(row, head / group, prefixKeys, ownKeys, k);
          List<double[]> values = seen(row, head / group, prefixValues, ownValues, v);
          int at = (row * heads + head) * width;
          double[] query = Arrays.copyOfRange(queries, at, at + width);
          double[] scores =
              keys.stream().mapToDouble(key -> capped(scale * dot(query, key), cap)).toArray();
          double top = Arrays.stream(scores).max().orElseThrow();
          double[] powers = Arrays.stream(scores).map(s -> Math.exp(s - top)).toArray();
          double sum = Arrays.stream(powers).sum();
          for (int i = 0; i < powers.length; i++) {
            for (int w = 0; w < width; w++) {
              result[at + w] += powers[i] / sum * values.get(i)[w];
            }
          }
        }
      }
      return result;
    }

    private List<double[]> seen(int row, int head, NDArray ofPrefix, NDArray own, NDArray last) {
      List<double[]> all = new ArrayList<>();
      double[] shared = Values.of(ofPrefix);
      for (int i = first[row]; i < end[row]; i++) {
        int at = ((sequenceOf[row] * keyHeads + head) * prefix + i) * width;
        all.add(Arrays.copyOfRange(shared, at, at + width));
      }
      for (int i = firstOwn; i < slot; i++) {
        int at = ((row * keyHeads + head) * room + i) * width;
        all.add(Arrays.copyOfRange(Values.of(own), at, at + width));
      }
      int at = (row * keyHeads + head) * width;
      all.add(Arrays.copyOfRange(Values.of(last), at, at + width));
      return all;
    }

    private void put(double[] own, int token, NDArray added) {
      double[] all = Values.of(added);
      for (int i = 0; i < rows * keyHeads; i++) {
        System.arraycopy(all, i * width, own, (i * room + token) * width, width);
      }
    }

    @Override
    public String toString() {
      return Arrays.asList(rows, keyHeads, group, width, sequences, prefix, room, slot).toString();
    }
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  private static double capped(double score, double cap) {
    return cap == 0 ? score : cap * Math.tanh(score / cap);
  }
}
