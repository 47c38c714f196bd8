package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of ids by products of 8 bits, and the bound it rests on, against doubles. */
@ParameterizedClass
@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
@Tag("engine")
final class EightBitIdsTest {
  @Parameter Int8Products.Way way;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @BeforeEach
  void needsInstructions() {
    assumeTrue(way != Int8Products.Way.PAIRS || Int8Products.areFast());
  }

  @AfterEach
  void close() {
    off.close();
    manager.close();
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
      largestError = Math.max(largestError, norm(rest));
      largestLength = Math.max(largestLength, norm(of));
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
      double[] scores = Values.scores(hidden, weight, bias, row);
      assertThat(best[row]).as("row %s", row).isEqualTo(Values.highest(scores));
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

    assertThat(Values.scores(hidden, weight, bias, 0)[3]).isEqualTo(127 + 63 * (100 + tenth));
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
    values[0] = levels();
    int sum = levels();
    for (int i = 1; i < 64; i++) {
      int code = i == 63 ? 1 - levels() : i % 2 == 0 ? 50 : -51;
      sum += code;
      values[i] = code + 31 / 64f;
    }
    float[][] rows = new float[32][64];
    Arrays.fill(rows[3], 127);
    NDArray weight = symmetric(rows);
    NDArray hidden = manager.create(values, new Shape(1, 64));
    NDArray bias = biased ? manager.zeros(new Shape(32)) : manager.create(new Shape(0));

    assertThat(sum).isEqualTo(-30);
    assertThat(Values.scores(hidden, weight, bias, 0)[3]).isEqualTo(127 * (63 * 31 / 64.0 - 30));
    assertThat(best(hidden, weight, bias)).containsExactly(3);
  }

  /**
   * As of an untrained model: codes may be off by so much that some ids come near the leader. Twice
   * as far below the highest score there are more than can be computed one by one. Codes of 7 bits
   * are off by more.
   */
  @Test
  void bestIds_fewAreAsHighAsTheLeaderLessTheError() {
    int width = way == Int8Products.Way.PAIRS ? 512 : 1536;
    NDArray weight = Values.random(manager, 1, 0.02, 8192, width);
    NDArray hidden = Values.random(manager, 2, 1, 6, width);
    NDArray bias = manager.create(new Shape(0));

    long[] best = best(hidden, weight, bias);

    for (int row = 0; row < 6; row++) {
      double[] scores = Values.scores(hidden, weight, bias, row);
      assertThat(best[row]).as("row %s", row).isEqualTo(Values.highest(scores));
    }
  }

  /** The largest codes, whose products two at a time must not pass 16 bits. */
  @Test
  void bestIds_largestCodes() {
    NDArray weight = Values.random(manager, 1, 0.1, 5000, 64).clip(-0.9, 0.9);
    weight.set(new NDIndex("4567"), 1);
    weight.set(new NDIndex("4568"), -1);
    NDArray hidden = manager.ones(new Shape(2, 64));
    hidden.set(new NDIndex("1"), -1);

    assertThat(best(hidden, weight, manager.create(new Shape(0)))).containsExactly(4567, 4568);
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
      assertThat(best[row])
          .as("row %s", row)
          .isEqualTo(Values.highest(Values.scores(hidden, weight, none, row)));
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
      assertThat(best[row])
          .isIn(-1L, (long) Values.highest(Values.scores(hidden, weight, bias, row)));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void bestIds_ofWhatIsNoNumber(float value) {
    NDArray hidden = Values.random(manager, 1, 1, 3, 8);
    NDArray weight = Values.random(manager, 2, 1, 50, 8);
    NDArray bias = manager.create(new Shape(0));
    DecodingOps.Codes codes = DecodingOps.encode(manager, weight, bias, hidden);
    hidden.set(new NDIndex("1, 5"), value);

    long[] best = best(hidden, weight, bias, codes);

    assertThat(best[1]).isEqualTo(50);
    for (int row : new int[] {0, 2}) {
      assertThat(best[row]).isEqualTo(Values.highest(Values.scores(hidden, weight, bias, row)));
    }
  }

  @Test
  void bestIds_givesUpWhenTooManyTie() {
    NDArray hidden = Values.random(manager, 1, 1, 3, 8);
    NDArray weight = manager.ones(new Shape(4096, 8));

    assertThat(best(hidden, weight, manager.create(new Shape(0)))).containsExactly(-1, -1, -1);
  }

  /**
   * {@code |h w - h' w'| <= |h| |w - w'| + |h - h'| |w'|} for codes of vectors whose elements are
   * of one size, or of many.
   */
  @ParameterizedTest
  @CsvSource({"0, 8", "0, 200", "3, 8", "3, 200", "8, 64"})
  void bound_holdsForEveryScore(double range, int width) {
    int ids = 500;
    NDArray weight =
        Values.random(manager, 1, 1, ids, width)
            .mul(Values.random(manager, 2, range, 1, width).exp())
            .mul(Values.random(manager, 3, range / 2, ids, 1).exp());
    NDArray hidden =
        Values.random(manager, 4, 1, 60, width)
            .mul(Values.random(manager, 5, range, 1, width).exp());
    NDArray sample = hidden.get(new NDIndex(":20"));

    NDArray none = manager.create(new Shape(0));
    DecodingOps.Codes codes = DecodingOps.encode(manager, weight, none, sample);

    byte[] weightCodes = codes.codes().toByteArray();
    double[] scales = Values.of(codes.scales());
    double[] balance = Values.of(codes.balance());
    double[] centered = Values.of(weight.sub(weight.mean(new int[] {0}, true)));
    double[] all = Values.of(hidden);
    double largest = 0;
    for (int row = 0; row < 60; row++) {
      double[] even = new double[width];
      for (int i = 0; i < width; i++) {
        even[i] = all[row * width + i] * balance[i];
      }
      double step = Values.largest(even) / levels();
      double[] near = Arrays.stream(even).map(x -> Math.rint(x / step) * step).toArray();
      double[] rest = IntStream.range(0, width).mapToDouble(i -> even[i] - near[i]).toArray();
      double bound = norm(even) * codes.error().getFloat();
      bound += norm(rest) * codes.length().getFloat();
      for (int id = 0; id < ids; id++) {
        double exact = 0;
        double approximate = 0;
        for (int i = 0; i < width; i++) {
          exact += all[row * width + i] * centered[id * width + i];
          approximate += near[i] * weightCodes[id * width + i] * scales[id / 16];
        }
        largest = Math.max(largest, Math.abs(exact - approximate) / bound);
      }
    }
    assertThat(largest).isBetween(1e-4, 1.0001); // the codes are rounded in float32
  }

  private int levels() {
    return way == Int8Products.Way.PAIRS ? 63 : 127;
  }

  private long[] best(NDArray hidden, NDArray weight, NDArray bias) {
    return best(hidden, weight, bias, DecodingOps.encode(manager, weight, bias, hidden));
  }

  private long[] best(NDArray hidden, NDArray weight, NDArray bias, DecodingOps.Codes codes) {
    long rows = hidden.getShape().get(0);
    if (way == Int8Products.Way.PAIRS) {
      try (PackedCodes packed = PackedCodes.of(codes)) {
        return packed.best(hidden, weight, bias, packed.space(manager, rows)).toLongArray();
      }
    }
    DecodingOps.Space space = DecodingOps.Space.of(manager, codes, rows);
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

  private static double[] near(DecodingOps.Codes codes, int width) {
    byte[] values = codes.codes().toByteArray();
    double[] scales = Values.of(codes.scales());
    return IntStream.range(0, values.length)
        .mapToDouble(i -> values[i] * scales[i / width / 16])
        .toArray();
  }

  private static double norm(double[] x) {
    return Math.sqrt(Values.dot(x, x));
  }
}
