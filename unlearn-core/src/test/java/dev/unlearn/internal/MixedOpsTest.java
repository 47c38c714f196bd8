package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mixed products against plain twins: exactly where all numbers on the way are small integers,
 * which have no more than 8 bits, and elsewhere within a multiple of the unit roundoff.
 */
@Tag("engine")
final class MixedOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  /** The types of 16 bits and how many bits of a number are significant. */
  enum Type {
    BFLOAT16(MixedOps.BFLOAT16, 8),
    FLOAT16(MixedOps.FLOAT16, 11);

    final MixedOps ops;
    final int bits;

    Type(MixedOps ops, int bits) {
      this.ops = ops;
      this.bits = bits;
    }

    /** The largest relative error of rounding to nearest. */
    double roundoff() {
      return Math.scalb(1.0, -bits);
    }

    /** To nearest, ties to even; of numbers in the normal range. */
    double round(double x) {
      double unit = Math.scalb(1.0, Math.getExponent(x) - bits + 1);
      return Math.rint(x / unit) * unit;
    }
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    "BFLOAT16,false,false",
    "BFLOAT16,true,true",
    "FLOAT16,false,true",
    "FLOAT16,true,false"
  })
  void linear_integers(Type type, boolean transposed, boolean biased) {
    NDArray x = integers(1, 2, 3, 4);
    NDArray weight = transposed ? integers(2, 4, 5) : integers(2, 5, 4);
    NDArray bias = integers(3, 5);

    assertSame(
        List.of(x, weight, bias),
        leaves -> type.ops.linear(leaves.get(0), plain(leaves, 1, biased ? 2 : 0), transposed),
        leaves ->
            linear(
                leaves.get(0),
                transposed ? leaves.get(1).transpose() : leaves.get(1),
                biased ? leaves.get(2) : null));
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void linear_lowRank(Type type) {
    List<NDArray> inputs =
        List.of(
            integers(1, 2, 3, 4),
            integers(2, 5, 4),
            integers(3, 5),
            integers(4, 2, 4),
            integers(5, 5, 2));

    assertSame(
        inputs,
        leaves ->
            type.ops.linear(
                leaves.get(0),
                new MixedOps.Layer(leaves.get(1), leaves.get(2), leaves.get(3), leaves.get(4), 0.5),
                false),
        leaves ->
            linear(leaves.get(0), leaves.get(1), leaves.get(2))
                .add(
                    linear(linear(leaves.get(0), leaves.get(3), null), leaves.get(4), null)
                        .mul(half())));
  }

  /** Operands are rounded, not sums: with 1,000 terms these would lose far more. */
  @ParameterizedTest
  @EnumSource(Type.class)
  void linear_roundsOperandsAndResult(Type type) {
    int terms = 1000;
    NDArray x = Values.random(manager, 1, 1, 3, terms);
    NDArray weight = Values.random(manager, 2, 1, 4, terms);
    double[] xs = Values.of(x);
    double[] ws = Values.of(weight);
    double[] expected = new double[12];
    double[] exact = new double[12];
    for (int i = 0; i < expected.length; i++) {
      for (int k = 0; k < terms; k++) {
        double one = xs[i / 4 * terms + k];
        double other = ws[i % 4 * terms + k];
        expected[i] += type.round(one) * type.round(other);
        exact[i] += one * other;
      }
      expected[i] = type.round(expected[i]);
    }

    double[] actual =
        Values.of(type.ops.linear(x, new MixedOps.Layer(weight, null, null, null, 0), false));

    double unit = 2 * type.roundoff() * Values.largest(expected);
    assertThat(Values.distance(actual, expected)).isLessThanOrEqualTo(unit);
    assertThat(Values.distance(actual, exact)).isGreaterThan(unit / 16);
  }

  @ParameterizedTest
  @CsvSource({"BFLOAT16,false", "FLOAT16,true"})
  void linears_integers(Type type, boolean transposed) {
    List<NDArray> inputs =
        List.of(
            integers(1, 2, 3, 4),
            transposed ? integers(2, 4, 5) : integers(2, 5, 4),
            transposed ? integers(3, 4, 2) : integers(3, 2, 4),
            transposed ? integers(4, 4, 3) : integers(4, 3, 4),
            integers(5, 2),
            integers(6, 1, 4),
            integers(7, 3, 1));

    assertSame(
        inputs,
        leaves -> {
          List<NDArray> three =
              type.ops.linears(
                  leaves.get(0),
                  plain(leaves, 1, 0),
                  plain(leaves, 2, 4),
                  new MixedOps.Layer(leaves.get(3), null, leaves.get(5), leaves.get(6), 0.5),
                  transposed);
          return three.get(0).concat(three.get(1), -1).concat(three.get(2), -1);
        },
        leaves -> {
          NDArray x = leaves.get(0);
          NDArray low = linear(linear(x, leaves.get(5), null), leaves.get(6), null);
          return linear(x, turned(leaves.get(1), transposed), null)
              .concat(linear(x, turned(leaves.get(2), transposed), leaves.get(4)), -1)
              .concat(linear(x, turned(leaves.get(3), transposed), null).add(low.mul(half())), -1);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "BFLOAT16,false,false",
    "BFLOAT16,true,true",
    "FLOAT16,false,true",
    "FLOAT16,true,false"
  })
  void feedForward_integers(Type type, boolean transposed, boolean gated) {
    List<NDArray> inputs =
        List.of(
            integers(1, 2, 3, 3),
            transposed ? integers(2, 3, 4) : integers(2, 4, 3),
            transposed ? integers(3, 3, 4) : integers(3, 4, 3),
            transposed ? integers(4, 4, 3) : integers(4, 3, 4),
            integers(5, 4),
            integers(6, 2, 3),
            integers(7, 4, 2));

    assertSame(
        inputs,
        leaves ->
            type.ops.feedForward(
                leaves.get(0),
                new MixedOps.Layer(leaves.get(1), leaves.get(4), leaves.get(5), leaves.get(6), 1),
                gated ? plain(leaves, 2, 0) : null,
                plain(leaves, 3, 0),
                transposed,
                MixedOps.RELU),
        leaves -> {
          NDArray x = leaves.get(0);
          NDArray up =
              linear(x, turned(leaves.get(1), transposed), leaves.get(4))
                  .add(linear(linear(x, leaves.get(5), null), leaves.get(6), null));
          NDArray inner =
              gated
                  ? ai.djl.nn.Activation.relu(linear(x, turned(leaves.get(2), transposed), null))
                      .mul(up)
                  : ai.djl.nn.Activation.relu(up);
          return linear(inner, turned(leaves.get(3), transposed), null);
        });
  }

  /** At -2: -2 Φ(-2), its tanh form, 0, -2 / (1 + e²). In half precision all four differ. */
  @ParameterizedTest
  @CsvSource({"0,-0.04550026", "1,-0.04540231", "2,0", "3,-0.23840584"})
  void feedForward_activations(int activation, double expected) {
    NDArray x = manager.create(new float[] {-2}, new Shape(1, 1, 1));
    MixedOps.Layer one = new MixedOps.Layer(manager.ones(new Shape(1, 1)), null, null, null, 0);
    MixedOps.Layer two =
        new MixedOps.Layer(manager.ones(new Shape(1, 1)).mul(2), null, null, null, 0);

    for (Type type : Type.values()) {
      NDArray plain = type.ops.feedForward(x, one, null, two, false, activation);
      NDArray gated = type.ops.feedForward(x, one, one, two, false, activation);

      double bound = type.roundoff() * Math.abs(expected);
      assertThat(Math.abs(plain.toFloatArray()[0] - 2 * expected)).isLessThanOrEqualTo(2 * bound);
      assertThat(Math.abs(gated.toFloatArray()[0] + 4 * expected)).isLessThanOrEqualTo(4 * bound);
    }
  }

  /**
   * A score is a sum of 8 products with two roundings each; an error of it is a relative one of the
   * softmax. Two more for the mixing's operands, and one for the result.
   */
  @ParameterizedTest
  @CsvSource({
    "BFLOAT16,2,2,false,0", "BFLOAT16,4,2,true,0", "BFLOAT16,4,1,true,2",
    "FLOAT16,2,2,false,0", "FLOAT16,4,2,true,0", "FLOAT16,4,1,true,2"
  })
  void attention_nearFloat32(Type type, int heads, int keyHeads, boolean masked, double cap) {
    List<NDArray> inputs =
        List.of(
            Values.random(manager, 1, 1, 2, heads, 7, 8),
            Values.random(manager, 2, 1, 2, keyHeads, 7, 8),
            Values.random(manager, 3, 1, 2, keyHeads, 7, 8));
    NDArray mask = masked ? window(7, 3) : null;

    List<double[]> actual =
        valueAndGradients(
            inputs,
            leaves ->
                type.ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), mask, 0.5, cap));
    List<double[]> expected =
        valueAndGradients(
            inputs,
            leaves ->
                TorchOps.get()
                    .attention(leaves.get(0), leaves.get(1), leaves.get(2), mask, 0.5, cap));

    for (int i = 0; i < expected.size(); i++) {
      double relative =
          Values.distance(actual.get(i), expected.get(i)) / Values.largest(expected.get(i));
      assertThat(relative).as("%s", i).isBetween(type.roundoff() / 16, 8 * type.roundoff());
    }
  }

  /** Rows of a query that sees one key only are that key's value, whatever its score. */
  @ParameterizedTest
  @EnumSource(Type.class)
  void attention_scoresBeyondSixteenBits(Type type) {
    NDArray q = manager.create(new float[] {200, 200, 200, 200}, new Shape(1, 1, 2, 2));
    NDArray k = manager.create(new float[] {300, 300, -300, -300}, new Shape(1, 1, 2, 2));
    NDArray v = manager.create(new float[] {1, 2, 3, 4}, new Shape(1, 1, 2, 2));

    // 120,000 for the first key, more than half precision has, -120,000 for the second.
    assertThat(type.ops.attention(q, k, v, null, 1, 0).toFloatArray()).containsExactly(1, 2, 1, 2);
  }

  @Test
  void linear_gradientsSmallerThanHalfPrecisionHas() {
    List<NDArray> inputs = List.of(integers(1, 1, 3), integers(2, 2, 3));
    for (Type type : Type.values()) {
      List<NDArray> leaves = Parity.leaves(inputs);
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        NDArray y = type.ops.linear(leaves.get(0), plain(leaves, 1, 0), false);
        Torch.backward(y, y.onesLike().mul(0x1p-30));
      }
      double gradient = Values.largest(Values.gradientOf(leaves.get(1)));
      assertThat(gradient).isEqualTo(type == Type.FLOAT16 ? 0 : 0x1p-30);
    }
  }

  private void assertSame(
      List<NDArray> inputs,
      Function<List<NDArray>, NDArray> actual,
      Function<List<NDArray>, NDArray> expected) {
    List<double[]> values = valueAndGradients(inputs, actual);
    List<double[]> expectedValues = valueAndGradients(inputs, expected);
    assertThat(Values.largest(expectedValues.get(0))).isPositive();
    for (int i = 0; i < values.size(); i++) {
      assertThat(values.get(i)).as("result, or gradient %s", i).isEqualTo(expectedValues.get(i));
    }
  }

  /** For a head of small integers. */
  private List<double[]> valueAndGradients(
      List<NDArray> inputs, Function<List<NDArray>, NDArray> function) {
    List<NDArray> leaves = Parity.leaves(inputs);
    List<double[]> all = new ArrayList<>();
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray result = function.apply(leaves);
      all.add(Values.of(result));
      Torch.backward(result, integers(99, result.getShape().getShape()));
    }
    leaves.forEach(
        leaf -> all.add(Arrays.stream(Values.gradientOf(leaf)).map(v -> v + 0.0).toArray()));
    return all;
  }

  private static MixedOps.Layer plain(List<NDArray> leaves, int weight, int bias) {
    return new MixedOps.Layer(
        leaves.get(weight), bias == 0 ? null : leaves.get(bias), null, null, 0);
  }

  private static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    NDArray product = x.matMul(weight.transpose());
    return bias == null ? product : product.add(bias);
  }

  private static NDArray turned(NDArray weight, boolean transposed) {
    return transposed ? weight.transpose() : weight;
  }

  private NDArray half() {
    return manager.create(0.5f);
  }

  /** -1, 0 and 1. */
  private NDArray integers(long seed, long... shape) {
    Random random = new Random(seed);
    int size = (int) new Shape(shape).size();
    float[] values = new float[size];
    IntStream.range(0, size).forEach(i -> values[i] = random.nextInt(3) - 1);
    return manager.create(values, new Shape(shape));
  }

  private NDArray window(int length, int window) {
    boolean[] allowed = new boolean[length * length];
    for (int i = 0; i < allowed.length; i++) {
      int back = i / length - i % length;
      allowed[i] = back >= 0 && back < window;
    }
    return manager.create(allowed, new Shape(length, length));
  }
}
