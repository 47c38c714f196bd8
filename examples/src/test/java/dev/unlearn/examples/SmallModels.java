package dev.unlearn.examples;

import dev.unlearn.spi.train.TrainableCausalLm;

/** {@link SmallModel} for tests in other packages. */
public final class SmallModels {
  private SmallModels() {}

  /** Returns a new model of so many layers; the width is a multiple of 4. */
  public static TrainableCausalLm create(int layers, int width) {
    return SmallModel.create(1, layers, width);
  }
}
