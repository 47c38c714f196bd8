package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class PackedLinearsTest {
  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @BeforeEach
  void needsPacking() {
    assumeTrue(PackedLinears.areAvailable());
  }

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 8, 5",
    "7, 1, 3",
    "7, 3, 1",
    "2, 16, 16",
    "33, 17, 65",
    "1, 300, 129",
    "128, 64, 200",
  })
  void apply_equalsLoops(int rows, int inputs, int outputs) {
    NDArray x = Values.random(manager, 1, 1, rows, inputs);
    NDArray weight = Values.random(manager, 2, 1, outputs, inputs);
    NDArray bias = Values.random(manager, 3, 5, outputs);
    NDArray packed = PackedLinears.pack(manager, weight);

    NDArray biased = PackedLinears.apply(x, packed, bias);
    NDArray plain = PackedLinears.apply(x, packed, null);

    assertThat(plain.getShape()).isEqualTo(new Shape(rows, outputs));
    assertClose(biased, product(x, weight, Values.of(bias)));
    assertClose(plain, product(x, weight, new double[outputs]));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 1", "1, 6", "4, 5"})
  void apply_keepsLeadingAxes(int first, int second) {
    NDArray x = Values.random(manager, 1, 1, first, second, 9);
    NDArray weight = Values.random(manager, 2, 1, 7, 9);
    NDArray bias = Values.random(manager, 3, 5, 7);

    NDArray y = PackedLinears.apply(x, PackedLinears.pack(manager, weight), bias);

    assertThat(y.getShape()).isEqualTo(new Shape(first, second, 7));
    assertClose(y, product(x, weight, Values.of(bias)));
  }

  /** A tensor packed for no number of rows in particular serves all. */
  @Test
  void apply_oneMatrixManyNumbersOfRows() {
    NDArray weight = Values.random(manager, 2, 1, 40, 24);
    NDArray packed = PackedLinears.pack(manager, weight);

    for (int rows : new int[] {64, 1, 2, 100, 1}) {
      NDArray x = Values.random(manager, rows, 1, rows, 24);
      assertClose(PackedLinears.apply(x, packed, null), product(x, weight, new double[40]));
    }
  }

  @Test
  void pack_aTransposedView() {
    NDArray stored = Values.random(manager, 2, 1, 6, 11);
    NDArray x = Values.random(manager, 1, 1, 4, 6);

    NDArray y = PackedLinears.apply(x, PackedLinears.pack(manager, stored.transpose()), null);

    assertClose(y, product(x, stored.transpose().duplicate(), new double[11]));
  }

  /** Whatever the shape: a matrix that would lie the same way packed must still be copied. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 8", "8, 1", "5, 7", "64, 64"})
  void pack_isACopy(int outputs, int inputs) {
    NDArray x = Values.random(manager, 1, 1, 3, inputs);
    NDArray weight = Values.random(manager, 2, 1, outputs, inputs);
    double[] before = product(x, weight, new double[outputs]);
    NDArray packed = PackedLinears.pack(manager, weight);

    weight.muli(0);

    assertClose(PackedLinears.apply(x, packed, null), before);
    weight.close();
    assertClose(PackedLinears.apply(x, packed, null), before);
  }

  @Test
  void apply_readsTheBiasAsItIs() {
    NDArray x = Values.random(manager, 1, 1, 3, 4);
    NDArray weight = Values.random(manager, 2, 1, 5, 4);
    NDArray bias = Values.random(manager, 3, 1, 5);
    NDArray packed = PackedLinears.pack(manager, weight);

    bias.muli(-3);

    assertClose(PackedLinears.apply(x, packed, bias), product(x, weight, Values.of(bias)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void apply_leavesItsResultOnly(boolean biased) {
    NDArray x = Values.random(manager, 1, 1, 3, 4);
    NDArray bias = biased ? manager.zeros(new Shape(5)) : null;
    NDArray packed;
    try (NDScope scope = Scopes.open()) {
      packed = PackedLinears.pack(manager, Values.random(manager, 2, 1, 5, 4));
    }
    int before = arrays();

    for (int i = 0; i < 5; i++) {
      PackedLinears.apply(x, packed, bias).close();
    }

    assertThat(arrays()).isEqualTo(before);
    packed.close();
    assertThat(arrays()).isEqualTo(before - 1);
  }

  private int arrays() {
    return ((BaseNDManager) manager).getManagedArrays().size();
  }

  private static void assertClose(NDArray actual, double[] expected) {
    double tolerance = 1e-5 * Math.max(1, Values.largest(expected));
    assertThat(Values.distance(Values.of(actual), expected)).isLessThan(tolerance);
  }

  private static double[] product(NDArray x, NDArray weight, double[] bias) {
    int inputs = Math.toIntExact(weight.getShape().get(1));
    int outputs = bias.length;
    double[] left = Values.of(x);
    double[] right = Values.of(weight);
    return LongStream.range(0, x.size() / inputs * outputs)
        .mapToInt(Math::toIntExact)
        .mapToDouble(
            i -> {
              double sum = bias[i % outputs];
              for (int j = 0; j < inputs; j++) {
                sum += left[i / outputs * inputs + j] * right[i % outputs * inputs + j];
              }
              return sum;
            })
        .toArray();
  }
}
