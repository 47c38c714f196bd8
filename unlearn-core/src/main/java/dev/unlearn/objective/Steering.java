package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;

/** Where RMU steers hidden states to: a random direction, of a given length. */
record Steering(int layer, double coefficient, long seed) {
  Steering {
    layer = Parameters.notNegative("layer", layer);
    coefficient = Parameters.positive("coefficient", coefficient);
  }

  /** Returns the vector, of shape (width), in the manager of the states; always the same one. */
  NDArray vector(NDArray states) {
    int width = Math.toIntExact(states.getShape().getLastDimension());
    double[] values = new Random(seed).doubles(width).toArray();
    double length = Math.sqrt(Arrays.stream(values).map(value -> value * value).sum());
    for (int i = 0; i < width; i++) {
      values[i] *= coefficient / length;
    }
    return states.getManager().create(values, new Shape(width)).toType(states.getDataType(), false);
  }

  @Override
  public String toString() {
    return "(layer=" + layer + ", coefficient=" + coefficient + ", seed=" + seed + ")";
  }
}
