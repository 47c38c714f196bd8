package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The best ids, by 8-bit codes where the machine has them and by logits, against doubles. */
@Tag("engine")
final class BestIdsTest {
  private static final long MANY = 1_000_000;
  private static final int WIDTH = 24;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    "4096, 8, false",
    "4096, 64, true",
    "4097, 33, false",
    "4097, 33, true",
    "5003, 300, true",
    "8192, 16, true",
    "8193, 100, false",
    "12289, 48, true",
    "16400, 24, false",
    "20000, 65, true",
  })
  void choose_manyShapes(int vocabulary, int width, boolean biased) {
    NDArray bias = biased ? Values.random(manager, 3, 1, vocabulary) : null;
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, vocabulary, width), bias);
    NDArray hidden = Values.random(manager, 2, 2, 30, width);

    assertBest(output, hidden);
  }

  @Test
  void choose_thousandsOfRows() {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.1, 4100, 32), null);
    try (BestIds best = chooser(output, MANY)) {
      for (int seed = 0; seed < 4; seed++) {
        NDArray hidden = Values.random(manager, 100 + seed, Math.pow(10, seed - 2), 600, 32);
        assertBest(output, hidden, best.choose(hidden));
      }
    }
    assertThat(output.logitsCalls).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1000, 1", "1e-4, 1", "1, 1000", "1000, 1e-3", "3e5, 3e5"})
  void choose_outlierColumns(float ofWeights, float ofHidden) {
    NDArray weight = Values.random(manager, 1, 0.3, 5000, 64);
    NDArray hidden = Values.random(manager, 2, 1, 40, 64);
    for (int column : new int[] {7, 40}) {
      weight.get(new NDIndex(":, " + column)).muli(ofWeights);
      hidden.get(new NDIndex(":, " + column)).muli(ofHidden);
    }

    assertBest(new LastMatrix(weight, null), hidden);
  }

  /** The first rows say how columns are balanced; later ones may be of another kind. */
  @Test
  void choose_columnsLargeOnlyLater() {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 64), null);
    NDArray first = Values.random(manager, 2, 1, 40, 64);
    first.get(new NDIndex(":, 3:9")).muli(0);
    NDArray second = Values.random(manager, 3, 1, 40, 64);
    second.get(new NDIndex(":, 5")).muli(500);

    try (BestIds best = chooser(output, MANY)) {
      assertBest(output, first, best.choose(first));
      assertBest(output, second, best.choose(second));
      assertBest(output, first, best.choose(first));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-6f, 30, 10_000})
  void choose_outlierRows(float factor) {
    NDArray weight = Values.random(manager, 1, 0.3, 5000, 64);
    for (int row : new int[] {17, 2501, 4999}) {
      weight.get(new NDIndex(row)).muli(factor);
    }

    assertBest(new LastMatrix(weight, null), Values.random(manager, 2, 1, 40, 64));
  }

  @Test
  void choose_rowsOfAllLengths() {
    NDArray weight = Values.random(manager, 1, 1, 5000, 48);
    NDArray lengths = Values.random(manager, 4, 4, 5000, 1).exp();

    assertBest(new LastMatrix(weight.mul(lengths), null), Values.random(manager, 2, 1, 40, 48));
  }

  /** As the rows of trained matrices have: a mean that is longer than what differs. */
  @ParameterizedTest
  @ValueSource(doubles = {1, 30})
  void choose_commonMean(double deviation) {
    NDArray mean = Values.random(manager, 3, deviation, 1, 64);
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 64).add(mean), null);

    assertBest(output, Values.random(manager, 2, 1, 40, 64));
  }

  /** As of a vocabulary that is padded: those ids are never chosen. */
  @Test
  void choose_biasOfMinusInfinity() {
    NDArray bias = Values.random(manager, 3, 1, 5000);
    bias.set(new NDIndex("4000:"), Float.NEGATIVE_INFINITY);
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 48), bias);

    assertBest(output, Values.random(manager, 2, 1, 40, 48));
  }

  /** Small whole numbers, whose products are exact in any order: ties are ties. */
  @ParameterizedTest
  @CsvSource({
    "4096, 0, 4095, 9, false",
    "5000, 17, 18, 9, true",
    "5000, 20, 36, 9, false",
    "9000, 8999, 3, 300, false",
    "9000, 4607, 4608, 300, true",
    "9000, 5999, 8998, 300, false",
  })
  void choose_lowestAtATie(int vocabulary, int one, int other, int rows, boolean biased) {
    NDArray weight = whole(1, 2, vocabulary);
    NDArray hidden = whole(2, 2, rows);
    for (int id : new int[] {one, other}) {
      weight.set(new NDIndex(id), hidden.get(4).mul(4));
    }
    NDArray bias = biased ? manager.ones(new Shape(vocabulary)).mul(3) : null;

    for (long choices : new long[] {0, MANY}) {
      try (BestIds best = chooser(new LastMatrix(weight, bias), choices)) {
        assertThat(best.choose(hidden)[4])
            .as("%s choices", choices)
            .isEqualTo(Math.min(one, other));
      }
    }
  }

  /** Ten kinds of rows only, each at hundreds of ids. */
  @Test
  void choose_lowestOfHundreds() {
    NDArray kinds = whole(1, 9, 10);
    long[] kindOf = new long[6000];
    for (int id = 0; id < kindOf.length; id++) {
      kindOf[id] = 9L - id / 5 % 10; // id 45 is the first of kind 0
    }
    NDArray weight = kinds.get(manager.create(kindOf));
    NDArray hidden = whole(2, 9, 30);

    for (long choices : new long[] {0, MANY}) {
      LastMatrix output = new LastMatrix(weight, null);
      try (BestIds best = chooser(output, choices)) {
        int[] ids = best.choose(hidden);
        for (int row = 0; row < 30; row++) {
          double[] scores = output.scores(hidden, row);
          assertThat(ids[row]).isEqualTo(Values.highest(scores)).isLessThan(50);
        }
      }
    }
  }

  /** With too many ids that could be the best, logits decide; after a while at once. */
  @Test
  void choose_almostAllTie() {
    NDArray weight = manager.ones(new Shape(5000, WIDTH)).mul(2);
    weight.set(new NDIndex("4321, 5"), 3);
    LastMatrix output = new LastMatrix(weight, null);
    NDArray hidden = manager.ones(new Shape(6, WIDTH));

    try (BestIds best = chooser(output, MANY)) {
      for (int call = 1; call <= 6; call++) {
        assertThat(best.choose(hidden)).containsOnly(4321);
      }
      hidden.muli(-1);
      assertThat(best.choose(hidden)).containsOnly(0);
    }
    assertThat(output.logitsCalls).isPositive();
  }

  @Test
  void choose_zeroRow() {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, WIDTH), null);
    NDArray hidden = Values.random(manager, 2, 1, 5, WIDTH);
    hidden.get(new NDIndex(3)).muli(0);

    try (BestIds best = chooser(output, MANY)) {
      int[] ids = best.choose(hidden);
      assertThat(ids[3]).isZero();
      assertBest(output, hidden, ids);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void choose_ofWhatIsNoNumber(float value) {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, WIDTH), null);
    NDArray numbers = Values.random(manager, 2, 1, 5, WIDTH);
    NDArray hidden = numbers.duplicate();
    hidden.set(new NDIndex("3, 7"), value);
    int[] expected = plain(output, hidden);

    for (boolean first : new boolean[] {true, false}) {
      try (BestIds best = chooser(output, MANY)) {
        if (!first) {
          assertBest(output, numbers, best.choose(numbers));
        }
        for (int call = 0; call < 5; call++) {
          assertThat(best.choose(hidden)).isEqualTo(expected);
          assertBest(output, numbers, best.choose(numbers));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void choose_weightsThatAreNoNumbers(float value) {
    NDArray weight = Values.random(manager, 1, 0.3, 5000, WIDTH);
    weight.set(new NDIndex("77, 7"), value);
    LastMatrix output = new LastMatrix(weight, null);
    NDArray hidden = Values.random(manager, 2, 1, 5, WIDTH);

    try (BestIds best = chooser(output, MANY)) {
      assertThat(best.choose(hidden)).isEqualTo(plain(output, hidden));
    }
  }

  /** Logits are computed for 8 Mi at a time, so 2097 rows here. */
  @Test
  void choose_moreRowsThanLogitsAtATime() {
    NDArray weight = whole(1, 2, 4000);
    NDArray hidden = whole(2, 2, 4500);
    LastMatrix output = new LastMatrix(weight, null);
    output.tells = false;

    int[] ids;
    try (BestIds best = chooser(output, MANY)) {
      ids = best.choose(hidden);
    }

    assertThat(output.logitsCalls).isEqualTo(3);
    for (int row = 0; row < 4500; row += row % 2097 > 2090 || row % 2097 < 5 ? 1 : 61) {
      assertThat(ids[row]).isEqualTo(Values.highest(output.scores(hidden, row)));
    }
  }

  /** With the matrix at hand, logits of many rows are never all there. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void choose_manyRowsWithoutLogits(boolean biased) {
    NDArray bias = biased ? Values.random(manager, 3, 1, 1801) : null;
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 1801, 48), bias);

    assertBest(output, Values.random(manager, 2, 1, 300, 48), MANY);

    assertThat(output.logitsCalls).isZero();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void choose_manyRowsOfWhatIsNoNumber(float value) {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 1801, WIDTH), null);
    NDArray hidden = Values.random(manager, 2, 1, 300, WIDTH);
    hidden.set(new NDIndex("3, 7"), value);
    NDArray weight = output.weight.duplicate();
    weight.set(new NDIndex("1777, 7"), value);

    for (LastMatrix each : List.of(output, new LastMatrix(weight, null))) {
      try (BestIds best = chooser(each, MANY)) {
        assertThat(best.choose(hidden)).isEqualTo(plain(each, hidden));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void choose_moreAndFewerRows(boolean biased) {
    NDArray bias = biased ? Values.random(manager, 3, 1, 9001) : null;
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 9001, 48), bias);

    try (BestIds best = chooser(output, MANY)) {
      int seed = 10;
      for (int rows : new int[] {5, 1, 300, 16, 500, 230, 2, 500, 1}) {
        NDArray hidden = Values.random(manager, seed++, 1, rows, 48);
        assertBest(output, hidden, best.choose(hidden));
      }
    }
    if (Int8Products.areFast()) {
      assertThat(output.logitsCalls).isZero();
    }
  }

  /** Codes do not pay for few choices or small vocabularies, and not without the matrix. */
  @Test
  void choose_byLogitsOnly() {
    NDArray weight = Values.random(manager, 1, 0.3, 5000, 48);
    NDArray hidden = Values.random(manager, 2, 1, 40, 48);
    LastMatrix few = new LastMatrix(weight, null);
    LastMatrix hiding = new LastMatrix(weight, null);
    hiding.tells = false;
    LastMatrix small = new LastMatrix(weight.get(new NDIndex(":4095")), null);

    assertBest(few, hidden, 127);
    assertBest(hiding, hidden, MANY);
    assertBest(small, hidden, MANY);

    assertThat(List.of(few.logitsCalls, hiding.logitsCalls, small.logitsCalls)).containsOnly(1);
  }

  @Test
  void choose_byCodesOnlyWhereTheyAreFast() {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 48), null);

    assertBest(output, Values.random(manager, 2, 1, 40, 48), 128);

    assertThat(output.logitsCalls).isEqualTo(Int8Products.areFast() ? 0 : 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0})
  void choose_byCodesOnlyWhereThereIsRoom(int beyond) {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 48), null);
    NDArray hidden = Values.random(manager, 2, 1, 40, 48);
    boolean byCodes = beyond >= 0 && Int8Products.areFast();

    try (BestIds best = new BestIds(output, 200, 5000L * 48 + beyond)) {
      assertBest(output, hidden, best.choose(hidden));
      assertThat(best.bytes()).isEqualTo(byCodes ? 5000 * 48 : 0);
    }

    int rows = (5000 * 48 + beyond) / (2 * Float.BYTES) / 5000; // of logits that there is room for
    assertThat(output.logitsCalls).isEqualTo(byCodes ? 0 : (40 + rows - 1) / rows);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, MANY})
  void close_freesAll(long choices) {
    NDArray bias = Values.random(manager, 3, 1, 5000);
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, WIDTH), bias);
    NDArray ties = manager.zeros(new Shape(9, WIDTH));
    NDArray states = Values.random(manager, 4, 1, 30, WIDTH);
    int before = arrays();

    for (int round = 0; round < 3; round++) {
      try (BestIds best = chooser(output, choices)) {
        if (round == 2) {
          best.learn(states);
        }
        for (int rows : new int[] {3, 9, 4}) {
          assertThat(best.choose(ties.get(new NDIndex(":" + rows)))).hasSize(rows);
        }
        try (NDManager scope = manager.newSubManager()) {
          assertThat(best.choose(Values.random(scope, 2, 1, 20, WIDTH))).hasSize(20);
        }
      }
    }
    chooser(output, choices).close();

    assertThat(arrays()).isEqualTo(before + 9); // the slices
  }

  /** States that were told of before lie in few directions; those that are asked about, or not. */
  @ParameterizedTest
  @CsvSource({"5000, 64, 0.01", "9001, 64, 0.5", "5000, 33, 0.02"})
  void choose_afterBeingToldOfStates(int vocabulary, int width, double outside) {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, vocabulary, width), null);
    NDArray directions = Values.random(manager, 2, 1, width / 8, width);
    NDArray told = Values.random(manager, 3, 1, 60, width / 8).matMul(directions);

    try (BestIds best = chooser(output, MANY)) {
      best.learn(told);
      best.learn(Values.random(manager, 9, 1, 60, width));
      for (int seed = 20; seed < 26; seed++) {
        NDArray hidden =
            Values.random(manager, seed, 1, 30, width / 8)
                .matMul(directions)
                .add(Values.random(manager, seed + 50, outside, 30, width));
        assertBest(output, hidden, best.choose(hidden));
      }
      NDArray elsewhere = Values.random(manager, 8, 1, 30, width);
      for (int call = 0; call < 5; call++) {
        assertBest(output, elsewhere, best.choose(elsewhere));
      }
    }
  }

  /** Where they do not help, codes of the whole matrix do. */
  @Test
  void choose_afterBeingToldOfOtherStates() {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 64), null);
    NDArray hidden = Values.random(manager, 4, 1, 30, 64);

    try (BestIds best = chooser(output, MANY)) {
      best.learn(manager.eye(64)); // twelve of its directions are no better than others
      for (int call = 0; call < 6; call++) {
        assertBest(output, hidden, best.choose(hidden));
      }
    }

    assertThat(output.logitsCalls).isEqualTo(Int8Products.areFast() ? 0 : 6);
  }

  /** Codes of the whole matrix stay at hand, so both must fit; too few states tell nothing. */
  @ParameterizedTest
  @CsvSource({"-1, 60, 1", "0, 60, 2", "0, 23, 2"})
  void bytes_ofBothCopies(int beyond, int states, int copies) {
    LastMatrix output = new LastMatrix(Values.random(manager, 1, 0.3, 5000, 48), null);
    NDArray hidden = Values.random(manager, 4, 1, 30, 48);
    boolean directed = Int8Products.way() == Int8Products.Way.PAIRS;
    int expected = directed ? copies : Int8Products.areFast() ? 1 : 0;

    try (BestIds best = new BestIds(output, 200, 480_000 + beyond)) {
      best.learn(Values.random(manager, 3, 1, states, 48));
      assertBest(output, hidden, best.choose(hidden));
      assertThat(best.bytes()).isEqualTo(expected * 240_000L);
    }
  }

  private static BestIds chooser(LastMatrix output, long choices) {
    return new BestIds(output, choices, Long.MAX_VALUE);
  }

  private NDArray whole(long seed, double deviation, int rows) {
    return Values.random(manager, seed, deviation, rows, WIDTH).round();
  }

  private int arrays() {
    return ((BaseNDManager) manager).getManagedArrays().size();
  }

  /** By codes and by logits. */
  private static void assertBest(LastMatrix output, NDArray hidden) {
    assertBest(output, hidden, MANY);
    assertBest(output, hidden, 0);
  }

  private static void assertBest(LastMatrix output, NDArray hidden, long choices) {
    try (BestIds best = chooser(output, choices)) {
      assertBest(output, hidden, best.choose(hidden));
    }
  }

  /**
   * All that is chosen is best but for rounding of float32; where the two best are further apart,
   * it is the best one.
   */
  private static void assertBest(LastMatrix output, NDArray hidden, int[] ids) {
    int close = 0;
    for (int row = 0; row < ids.length; row++) {
      double[] scores = output.scores(hidden, row);
      int best = Values.highest(scores);
      double[] others = scores.clone();
      others[best] = Double.NEGATIVE_INFINITY;
      int second = Values.highest(others);
      double rounding = 1e-6 * (1 + output.size(hidden, row, best));
      rounding += 1e-6 * output.size(hidden, row, second);
      assertThat(scores[ids[row]])
          .as("row %s", row)
          .isGreaterThanOrEqualTo(scores[best] - rounding);
      if (scores[best] - scores[second] > rounding) {
        assertThat(ids[row]).as("row %s", row).isEqualTo(best);
      } else {
        close++;
      }
    }
    assertThat(close).as("rows whose two best are close").isLessThanOrEqualTo(1 + ids.length / 50);
  }

  private static int[] plain(LastMatrix output, NDArray hidden) {
    long[] ids = output.logits(hidden).argMax(1).toLongArray();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }
}
