package dev.unlearn.model.generation;

import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.OutputMatrix;

/**
 * Which copies of an output matrix pay for themselves and have room.
 *
 * @param whole whether codes of the whole matrix do
 * @param far how many rows may be looked at first, 0 for none
 * @param directed whether codes of few directions do
 * @param bytes the most that all of them take
 */
record HeadCopies(boolean whole, long far, boolean directed, long bytes) {
  static final HeadCopies NONE = new HeadCopies(false, 0, false, 0);

  /** Vocabularies below which float32 is fast enough. */
  private static final long MIN_VOCABULARY = 4096;

  /** Choices below which it is not worth encoding the matrix. */
  private static final long MIN_CHOICES = 128;

  /** Choices below which it is not worth finding rows to look at first. */
  private static final long MIN_CHOICES_FOR_FAR = 512;

  /** With more of the rows than one in so many it would hardly be faster. */
  private static final long FAR_SHARE = 4;

  /** See {@link #isWorthDirections}. */
  private static final long WORTH = 64;

  /**
   * Decides.
   *
   * @param choices about how many choices will be made
   * @param maxBytes what all copies may take
   */
  static HeadCopies of(OutputMatrix matrix, long choices, long maxBytes) {
    long ids = matrix.weight().getShape().get(0);
    long width = matrix.weight().getShape().get(1);
    if (ids < MIN_VOCABULARY || choices < MIN_CHOICES) {
      return NONE;
    }
    long codes = CodedHead.bytes(matrix);
    long bytes = 0;
    boolean whole = Int8Products.areFast() && codes <= maxBytes;
    if (whole) {
      bytes += codes;
    }
    long far = choices >= MIN_CHOICES_FOR_FAR ? ids / FAR_SHARE : 0;
    long farBytes = far * width * (Float.BYTES + (whole ? 2 : 0));
    if (farBytes <= maxBytes - bytes) {
      bytes += farBytes;
    } else {
      far = 0;
    }
    boolean directed =
        whole
            && Int8Products.way() == Int8Products.Way.PAIRS
            && isWorthDirections(ids, width, choices)
            && codes <= maxBytes - bytes;
    if (directed) {
      bytes += codes;
    }
    return new HeadCopies(whole, far, directed, bytes);
  }

  /** Finding directions takes about as much as multiplying the matrix with so many rows. */
  private static boolean isWorthDirections(long ids, long width, long choices) {
    return choices * ids >= WORTH * width * width;
  }
}
