package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * Numbers as arrays that live as long as those they are used with. DJL's own operations with
 * numbers keep them in a Java buffer that may be reused before the backward pass reads it.
 */
final class Lasting {
  private Lasting() {}

  /** Returns a number of shape () and the type of an array, in its manager. */
  static NDArray number(NDArray beside, double number) {
    return beside.getDataType() == DataType.FLOAT64
        ? beside.getManager().create(number)
        : beside.getManager().create((float) number);
  }
}
