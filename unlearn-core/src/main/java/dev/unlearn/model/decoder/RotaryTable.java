package dev.unlearn.model.decoder;

/** Cosines and sines of all positions asked for so far. Thread-safe. */
final class RotaryTable {
  private final RotarySpec spec;
  private volatile float[][] cosines = {};
  private volatile float[][] sines = {};

  RotaryTable(RotarySpec spec) {
    this.spec = spec;
  }

  /** Returns how many values a position has: each frequency's twice, for both halves. */
  int width() {
    return spec.width();
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

  private synchronized void ensure(int[] positions) {
    int length = 0;
    for (int position : positions) {
      length = Math.max(length, position + 1);
    }
    if (length <= sines.length) {
      return;
    }
    float[][] newCosines = new float[length][width()];
    float[][] newSines = new float[length][width()];
    int half = width() / 2;
    for (int position = 0; position < length; position++) {
      for (int i = 0; i < half; i++) {
        float angle = position * spec.frequencies().get(i);
        newCosines[position][i] = (float) Math.cos(angle);
        newCosines[position][half + i] = newCosines[position][i];
        newSines[position][i] = (float) Math.sin(angle);
        newSines[position][half + i] = newSines[position][i];
      }
    }
    cosines = newCosines;
    sines = newSines;
  }
}
