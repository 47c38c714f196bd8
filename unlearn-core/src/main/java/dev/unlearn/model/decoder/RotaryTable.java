package dev.unlearn.model.decoder;

import com.google.common.primitives.Floats;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** Cosines and sines of all positions asked for so far. Thread-safe. */
final class RotaryTable {
  private final float[] frequencies;
  private final int contextLength;
  private volatile float[][] cosines = {};
  private volatile float[][] sines = {};

  /**
   * Creates a table that is filled as it is needed.
   *
   * @param contextLength positions are below it
   */
  RotaryTable(RotarySpec spec, int contextLength) {
    this.frequencies = Floats.toArray(spec.frequencies());
    this.contextLength = contextLength;
  }

  /** Returns how many values a position has: each frequency's twice, for both halves. */
  int width() {
    return 2 * frequencies.length;
  }

  float[] cosines(int[] positions) {
    ensure(positions);
    return rows(cosines, positions);
  }

  float[] sines(int[] positions) {
    ensure(positions);
    return rows(sines, positions);
  }

  private float[] rows(float[][] table, int[] positions) {
    float[] result = new float[positions.length * width()];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(table[positions[i]], 0, result, i * width(), width());
    }
    return result;
  }

  /** Grows to twice the length at least, so that decoding step by step seldom comes here. */
  private synchronized void ensure(int[] positions) {
    int length = 0;
    for (int position : positions) {
      length = Math.max(length, position + 1);
    }
    int known = sines.length;
    if (length <= known) {
      return;
    }
    int capacity = (int) Math.min(contextLength, Math.max(length, 2L * known));
    float[][] newCosines = Arrays.copyOf(cosines, capacity);
    float[][] newSines = Arrays.copyOf(sines, capacity);
    for (int position = known; position < capacity; position++) {
      newCosines[position] = row(position, Math::cos);
      newSines[position] = row(position, Math::sin);
    }
    cosines = newCosines;
    sines = newSines;
  }

  private float[] row(int position, DoubleUnaryOperator function) {
    int half = frequencies.length;
    float[] row = new float[2 * half];
    for (int i = 0; i < half; i++) {
      float angle = position * frequencies[i];
      row[i] = (float) function.applyAsDouble(angle);
      row[half + i] = row[i];
    }
    return row;
  }
}
