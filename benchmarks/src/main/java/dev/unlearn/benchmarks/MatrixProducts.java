package dev.unlearn.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Map;

/** What a machine's float32 matrix products take, and what a model needs of them. */
final class MatrixProducts {
  private static final int SIZE = 2048;
  private static final int TRIES = 10;

  private MatrixProducts() {}

  /** Returns operations per second, the best of several products of 2048 x 2048. */
  static double peak(NDManager parent) {
    double best = 0;
    try (NDManager manager = parent.newSubManager()) {
      NDArray a = manager.randomNormal(new Shape(SIZE, SIZE));
      NDArray b = manager.randomNormal(new Shape(SIZE, SIZE));
      for (int i = 0; i < TRIES; i++) {
        long start = System.nanoTime();
        try (NDArray product = a.matMul(b);
            NDArray corner = product.get(0, 0)) {
          float unused = corner.getFloat(); // waits for a GPU
          best = Math.max(best, 2.0 * SIZE * SIZE * SIZE / Timing.secondsSince(start));
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
