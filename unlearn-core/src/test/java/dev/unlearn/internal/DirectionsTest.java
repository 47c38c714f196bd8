package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of ids by codes of a few directions, against doubles. */
@Tag("engine")
final class DirectionsTest {
  private static final int WIDTH = 64;
  private static final int FEW = 12;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @BeforeEach
  void needsInstructions() {
    assumeTrue(Int8Products.areFast());
    assumeTrue(PackedCodes.areAvailable());
  }

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  @Test
  void count_isThreeSixteenths() {
    assertThat(Directions.count(WIDTH)).isEqualTo(FEW);
    assertThat(Directions.count(256)).isEqualTo(48);
  }

  /** Twelve states of length 3 and thirty of length 1, all along axes of their own. */
  @Test
  void span_ofTheLongest() {
    NDArray sample = manager.eye(WIDTH);
    sample.set(new NDIndex(":12"), sample.get(new NDIndex(":12")).mul(3));
    sample.set(new NDIndex("42:"), 0);
    sample.set(new NDIndex("50, 50"), Float.NaN);

    Directions.Span span = Directions.Span.of(manager, sample);

    assertThat(span.outside()).isCloseTo(30.0 / (12 * 9 + 30), within(1e-12));
    assertThat(span.basis().getShape()).isEqualTo(new Shape(WIDTH, FEW));
    NDArray products = span.basis().transpose().matMul(span.basis());
    double[] identity = Values.of(manager.eye(FEW));
    assertThat(Values.distance(Values.of(products), identity)).isLessThan(1e-12);
    double[] inside = Values.of(span.inside().square().sum(new int[] {1}));
    for (int state = 0; state < WIDTH; state++) {
      assertThat(inside[state]).isCloseTo(state < 12 ? 9 : 0, within(1e-5));
    }
  }

  @Test
  void span_ofNothing() {
    NDArray sample = manager.zeros(new Shape(40, WIDTH));

    assertThat(Directions.Span.of(manager, sample).outside()).isZero();
  }

  /** Hidden states almost in a few directions, and a little outside of them. */
  @ParameterizedTest
  @CsvSource({
    "1, 16, false, 0",
    "3, 17, false, 0.01",
    "9, 100, true, 0.01",
    "40, 1000, true, 0.03",
    "5, 4096, false, 0.03",
    "5, 4097, true, 0.01",
    "300, 9001, true, 0.01",
    "130, 9001, false, 0.02",
  })
  void best_equalsTheHighestOfDoubles(int rows, int ids, boolean biased, double outside) {
    NDArray directions = Values.random(manager, 7, 1, FEW, WIDTH);
    NDArray weight = Values.random(manager, 2, 0.5, ids, WIDTH).add(1);
    NDArray bias = biased ? Values.random(manager, 3, 3, ids) : null;
    NDArray hidden = near(directions, 1, rows, outside);

    long[] best = best(weight, bias, near(directions, 4, 200, outside), hidden);

    for (int row = 0; row < rows; row += 1 + rows / 40) {
      double[] scores = Values.scores(hidden, weight, bias, row);
      assertThat(best[row]).as("row %s", row).isEqualTo(Values.highest(scores));
    }
  }

  /**
   * The sample is of the first twelve axes. Ids 21 and 37 are equal there; what a hidden state has
   * of the axis 40 decides, though it would not take much less of the bound to miss it.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void best_whatIsOutsideDecides(boolean biased) {
    NDArray weight = Values.random(manager, 2, 0.01, 5000, WIDTH);
    for (int id : new int[] {21, 37}) {
      weight.set(new NDIndex("{}, :12", id), 1);
      weight.set(new NDIndex("{}, 12:", id), 0);
    }
    weight.set(new NDIndex("37, 0"), 0.5f);
    weight.set(new NDIndex("37, 40"), 3);
    NDArray bias = biased ? manager.zeros(new Shape(5000)) : null;
    NDArray hidden = manager.zeros(new Shape(2, WIDTH));
    hidden.set(new NDIndex(":, :12"), 1);
    hidden.set(new NDIndex("0, 40"), 0.2f);
    hidden.set(new NDIndex("1, 40"), 0.15f);

    assertThat(Values.scores(hidden, weight, bias, 0)[37]).isGreaterThan(12);
    assertThat(Values.scores(hidden, weight, bias, 1)[37]).isLessThan(12);
    assertThat(best(weight, bias, axes(), hidden)).containsExactly(37, 21);
  }

  /** Little of a hidden state lies in the sample's directions; few ids have anything elsewhere. */
  @Test
  void best_ofAStateThatLiesElsewhere() {
    NDArray weight = Values.random(manager, 2, 0.1, 5000, WIDTH);
    weight.set(new NDIndex(":, 12:"), 0);
    weight.set(new NDIndex("3, 0"), 1);
    weight.set(new NDIndex("4321, 50"), 2);
    weight.set(new NDIndex("17, 50"), 1);
    NDArray hidden = manager.zeros(new Shape(1, WIDTH));
    hidden.set(new NDIndex("0, 0"), 0.5f);
    hidden.set(new NDIndex("0, 50"), 2);

    assertThat(best(weight, null, axes(), hidden)).containsExactly(4321);
  }

  @Test
  void best_givesUpWhenThatLeavesTooMany() {
    NDArray weight = Values.random(manager, 2, 1, 5000, WIDTH);
    NDArray hidden = Values.random(manager, 3, 1, 4, WIDTH);

    assertThat(best(weight, null, axes(), hidden)).containsExactly(-1, -1, -1, -1);
  }

  /** Small whole numbers along axes, whose products are exact in any order. */
  @ParameterizedTest
  @CsvSource({
    "4, 16, 3, 7",
    "4, 4096, 100, 4095",
    "4, 9001, 8999, 17",
    "4, 9001, 9000, 8992",
    "300, 9001, 2, 9000",
    "300, 9001, 4607, 4608",
  })
  void best_lowestAtATie(int rows, int ids, int one, int other) {
    NDArray hidden = Values.random(manager, 1, 2, rows, WIDTH).round();
    hidden.set(new NDIndex(":, 12:"), 0);
    NDArray weight = Values.random(manager, 2, 2, ids, WIDTH).round();
    for (int id : new int[] {one, other}) {
      weight.set(new NDIndex(id), hidden.get(2).mul(4));
    }
    int lowest = Math.min(one, other);

    assertThat(best(weight, null, axes(), hidden)[2]).isEqualTo(lowest);
    assertThat(best(weight, manager.ones(new Shape(ids)), axes(), hidden)[2]).isEqualTo(lowest);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void best_ofWhatIsNoNumber(float value) {
    NDArray directions = Values.random(manager, 7, 1, FEW, WIDTH);
    NDArray weight = Values.random(manager, 2, 0.5, 5000, WIDTH);
    NDArray hidden = near(directions, 1, 3, 0.01);
    NDArray sample = near(directions, 4, 100, 0.01);
    sample.set(new NDIndex("50, 5"), value);
    hidden.set(new NDIndex("1, 5"), value);

    long[] best = best(weight, null, sample, hidden);

    assertThat(best[1]).isEqualTo(5000);
    for (int row : new int[] {0, 2}) {
      assertThat(best[row]).isEqualTo(Values.highest(Values.scores(hidden, weight, null, row)));
    }
  }

  /** Against what is left of each row without its part along each direction, in doubles. */
  @ParameterizedTest
  @CsvSource({"16, 0", "50, 2", "1030, 4"})
  void outside_isNoLessThanAnyRest(int ids, double range) {
    NDArray weight =
        Values.random(manager, 1, 1, ids, WIDTH)
            .mul(Values.random(manager, 2, range, ids, 1).exp())
            .add(Values.random(manager, 3, 2, 1, WIDTH));
    NDArray sample = near(Values.random(manager, 7, 1, FEW, WIDTH), 4, 100, 0.1);

    try (Directions found =
        Directions.of(manager, weight, Directions.Span.of(manager, sample).basis())) {
      double[] basis = Values.of(found.basis());
      double[] outside = Values.of(found.outside());
      double[] rows = Values.of(weight);
      double[] mean = new double[WIDTH];
      for (int i = 0; i < rows.length; i++) {
        mean[i % WIDTH] += rows[i] / ids;
      }
      assertThat(found.outside().getShape()).isEqualTo(new Shape(1, (ids + 15) / 16));
      double[] longest = new double[outside.length];
      for (int id = 0; id < ids; id++) {
        double[] row = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
          row[i] = rows[id * WIDTH + i] - mean[i];
        }
        double[] rest = row.clone();
        for (int k = 0; k < FEW; k++) {
          double part = 0;
          for (int i = 0; i < WIDTH; i++) {
            part += row[i] * basis[i * FEW + k];
          }
          for (int i = 0; i < WIDTH; i++) {
            rest[i] -= part * basis[i * FEW + k];
          }
        }
        longest[id / 16] = Math.max(longest[id / 16], Math.sqrt(Values.dot(rest, rest)));
      }
      for (int group = 0; group < ids / 16; group++) {
        assertThat(outside[group]).isBetween(longest[group], longest[group] * 1.01);
      }
    }
  }

  @Test
  void close_freesAll() {
    NDArray weight = Values.random(manager, 2, 1, 5000, WIDTH);
    OutputMatrix matrix = new OutputMatrix(weight, null, 0);
    Directions.Span span = Directions.Span.of(manager, axes());
    try (NDManager owner = manager.newSubManager()) {
      Directions.encode(owner, matrix, span).close();

      assertThat(((BaseNDManager) owner).getManagedArrays()).hasSize(6); // of the codes
    }
  }

  private long[] best(NDArray weight, NDArray bias, NDArray sample, NDArray hidden) {
    OutputMatrix matrix = new OutputMatrix(weight, bias, 0);
    try (PackedCodes codes =
        Directions.encode(manager, matrix, Directions.Span.of(manager, sample))) {
      long rows = hidden.getShape().get(0);
      return codes.best(hidden, weight, bias, codes.space(manager, rows)).toLongArray();
    }
  }

  private NDArray near(NDArray directions, long seed, int rows, double outside) {
    NDArray inside = Values.random(manager, seed, 1, rows, FEW).matMul(directions);
    return inside.add(Values.random(manager, seed + 50, outside, rows, WIDTH));
  }

  /** Hidden states along the first twelve axes. */
  private NDArray axes() {
    NDArray sample = Values.random(manager, 5, 1, 100, WIDTH);
    sample.set(new NDIndex(":, 12:"), 0);
    return sample;
  }
}
