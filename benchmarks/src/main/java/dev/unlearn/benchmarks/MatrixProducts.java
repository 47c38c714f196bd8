package dev.unlearn.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Map;

/** What a machine's float32 matrix products take, and what a model needs of them. */
final class MatrixProducts {
  private static final int[] SIZES = {1024, 2048, 4096};

  /** For each size: so many products that all sizes take about as long. */
  private static final int[] TRIES = {40, 10, 3};

  private MatrixProducts() {}

  /** Returns operations per second, the best of several square products of up to 4096 x 4096. */
  static double peak(NDManager parent) {
    double best = 0;
    for (int i = 0; i < SIZES.length; i++) {
      best = Math.max(best, peak(parent, SIZES[i], TRIES[i]));
    }
    return best;
  }

  private static double peak(NDManager parent, int size, int tries) {
    double best = 0;
    try (NDManager manager = parent.newSubManager()) {
      NDArray a = manager.randomNormal(new Shape(size, size));
      NDArray b = manager.randomNormal(new Shape(size, size));
      for (int i = 0; i < tries; i++) {
        long start = System.nanoTime();
        try (NDArray product = a.matMul(b);
            NDArray corner = product.get(0, 0)) {
          float unused = corner.getFloat(); // waits for a GPU
          best = Math.max(best, 2.0 * size * size * size / Timing.secondsSince(start));
        }
      }
    }
    return best;
  }

  /**
   * Returns the operations of one token: two for each value of each matrix, the head's among them.
   * Embeddings are looked up, not multiplied, but for a head that shares theirs.
   */
  static double perToken(TrainableCausalLm model) {
    long values = 0;
    long head = 0;
    for (Map.Entry<String, NDArray> parameter : model.parameters().entrySet()) {
      Shape shape = parameter.getValue().getShape();
      if (shape.dimension() != 2 || isPositions(parameter.getKey())) {
        continue;
      }
      if (shape.get(0) == model.vocabularySize()) {
        head = shape.size();
      } else {
        values += shape.size();
      }
    }
    return 2.0 * (values + head);
  }

  private static boolean isPositions(String name) {
    return name.endsWith("wpe.weight") || name.contains("position");
  }
}
