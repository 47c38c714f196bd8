package dev.unlearn.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Random;

/**
 * Values of a new adapter: A uniform in {@code ±1 / √inputs}, which is PEFT's {@code
 * kaiming_uniform_} with {@code a = √5}, and B zero. The same seed gives the same values
 * everywhere.
 */
final class FirstValues implements AdapterValues {
  private final Random random;

  FirstValues(long seed) {
    random = new Random(seed);
  }

  @Override
  public NDArray a(NDManager manager, String path, Shape shape) {
    float bound = (float) (1 / Math.sqrt((double) shape.get(1)));
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = bound * (2 * random.nextFloat() - 1);
    }
    return manager.create(values, shape);
  }

  @Override
  public NDArray b(NDManager manager, String path, Shape shape) {
    return manager.zeros(shape);
  }
}
