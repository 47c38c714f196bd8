package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

/** Which weights of a matrix share a scale when they are rounded to integers. */
public final class Granularity {
  /** A group as wide as any row. */
  private static final int WHOLE = 0;

  private final String key;
  private final String description;
  private final boolean perRow;
  private final int groupSize;

  private Granularity(String key, String description, boolean perRow, int groupSize) {
    this.key = key;
    this.description = description;
    this.perRow = perRow;
    this.groupSize = groupSize;
  }

  /** Returns one scale for a whole matrix, the coarsest. */
  public static Granularity perTensor() {
    return new Granularity("tensor", "one scale per matrix", false, WHOLE);
  }

  /**
   * Returns a scale for each output of a linear layer, for each token of an embedding and for the
   * rows of other matrices, as 8-bit weights usually have.
   */
  public static Granularity perRow() {
    return new Granularity("row", "one scale per output", true, WHOLE);
  }

  /**
   * Returns a scale for each so many weights of a row, as 4-bit weights usually have; the last
   * group of a row may be smaller.
   *
   * @param size often 64 or 128
   * @throws IllegalArgumentException if {@code size < 1}
   */
  public static Granularity perGroup(int size) {
    checkArgument(size >= 1, "size must be >= 1, but was: %s", size);
    return new Granularity(
        "group_" + size, "one scale per " + size + " weights of an output", true, size);
  }

  String key() {
    return key;
  }

  String description() {
    return description;
  }

  /** Returns how many weights in a row share a scale, for rows of so many. */
  long groupSize(long rows, long width) {
    if (!perRow) {
      return rows * width;
    }
    return groupSize == WHOLE ? width : Math.min(groupSize, width);
  }

  @Override
  public String toString() {
    return key;
  }
}
