package dev.unlearn.spi.train;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;

/** A weight of a part of an objective. */
final class Weight {
  private Weight() {}

  static double check(double weight) {
    checkArgument(
        weight > 0 && Double.isFinite(weight),
        "weight must be finite and > 0, but was: %s",
        weight);
    return weight;
  }

  /** Multiplies by an array that lives as long as the loss; see {@link Lasting}. */
  static NDArray apply(double weight, NDArray loss) {
    return weight == 1 ? loss : loss.mul(Lasting.number(loss, weight));
  }
}
