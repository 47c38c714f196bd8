package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Numbers in and out of arrays. */
public final class Values {
  private Values() {}

  /** Returns the elements of a float32 or float64 array. */
  public static double[] of(NDArray array) {
    if (array.getDataType() == DataType.FLOAT64) {
      return array.toDoubleArray();
    }
    float[] values = array.toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  /** Returns the gradient of a leaf; zeros if it never got one. */
  public static double[] gradientOf(NDArray leaf) {
    try (NDArray gradient = leaf.getGradient()) {
      return of(gradient);
    }
  }

  /** Returns the largest absolute difference; NaN if one is NaN. */
  public static double distance(double[] actual, double[] expected) {
    if (actual.length != expected.length) {
      throw new AssertionError(actual.length + " elements instead of " + expected.length);
    }
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  /** Returns the largest absolute value; NaN if one is NaN. */
  public static double largest(double[] values) {
    return distance(values, new double[values.length]);
  }

  /** Returns the place of the highest value, the first at a tie. */
  public static int highest(double[] values) {
    int highest = 0;
    for (int i = 1; i < values.length; i++) {
      highest = values[i] > values[highest] ? i : highest;
    }
    return highest;
  }

  /** Returns float32 values, normal with mean 0 and the given deviation. */
  public static NDArray random(NDManager manager, long seed, double deviation, long... shape) {
    Random random = new Random(seed);
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return manager.create(values, new Shape(shape));
  }

  /**
   * Returns what each id scores for a hidden state: {@code hidden[row] · weight[id] + bias[id]}.
   *
   * @param bias null or empty for none
   */
  public static double[] scores(NDArray hidden, NDArray weight, @Nullable NDArray bias, int row) {
    return scores(of(hidden.get(row)), of(weight), bias == null ? new double[0] : of(bias));
  }

  /**
   * Returns what each id scores.
   *
   * @param weights one row after another
   * @param biases empty for none
   */
  public static double[] scores(double[] state, double[] weights, double[] biases) {
    int width = state.length;
    return IntStream.range(0, weights.length / width)
        .mapToDouble(
            id ->
                dot(state, Arrays.copyOfRange(weights, id * width, (id + 1) * width))
                    + (biases.length > 0 ? biases[id] : 0))
        .toArray();
  }

  /** Returns the inner product. */
  public static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }
}
