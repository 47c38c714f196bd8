package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import dev.unlearn.api.UnlearningException;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;

/**
 * First weights of a new model: matrices normal with mean 0 and the configured deviation, norms 1,
 * offsets 0. The same seed gives the same weights everywhere.
 */
final class RandomWeights implements Function<Parameter, NDArray> {
  private final NDManager manager;
  private final double deviation;
  private final Random random;

  RandomWeights(NDManager manager, double deviation, long seed) {
    this.manager = manager;
    this.deviation = deviation;
    random = new Random(seed);
  }

  @Override
  public NDArray apply(Parameter parameter) {
    float[] values = new float[count(parameter)];
    if (parameter.getType() == Parameter.Type.WEIGHT) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (deviation * random.nextGaussian());
      }
    } else if (parameter.getType() == Parameter.Type.GAMMA) {
      Arrays.fill(values, 1);
    }
    return manager.create(values, parameter.getShape());
  }

  private static int count(Parameter parameter) {
    try {
      long count = 1;
      for (long dimension : parameter.getShape().getShape()) {
        count = Math.multiplyExact(count, dimension);
      }
      return Math.toIntExact(count);
    } catch (ArithmeticException e) {
      throw new UnlearningException(
          "a new model's parameter %s must have at most %d values, but has shape %s"
              .formatted(parameter.getName(), Integer.MAX_VALUE, parameter.getShape()),
          e);
    }
  }
}
