package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.IValue;

/**
 * Rounding of matrices to integers and back, symmetric around 0, by the largest absolute value of
 * each group of weights in a row. Outside autograd.
 */
public final class RoundingOps {
  // By a number a GPU would divide as a product with its reciprocal, rounded once more: ties move.
  // Rows are padded with zeros, which no largest absolute value depends on, to whole groups. One
  // group of all weights is a matrix of one row.
  private static final String METHODS =
      """
        def rows(self: __torch__.Ops,
          matrix: Tensor,
          turned: bool,
          group: int) -> Tensor:
          if turned:
            lying = torch.t(matrix)
          else:
            lying = matrix
          width = torch.size(lying, 1)
          if torch.gt(group, width):
            result = torch.reshape(lying, [1, group])
          else:
            rest = torch.remainder(width, group)
            pad = torch.remainder(torch.sub(group, rest), group)
            result = torch.reshape(torch.constant_pad_nd(lying, [0, pad], 0), [-1, group])
          return result
        def steps(self: __torch__.Ops,
          groups: Tensor,
          levels: float) -> Tensor:
          largest = torch.amax(torch.abs(groups), [1], True)
          divisor = torch.full_like(largest, levels)
          return torch.clamp(torch.div(largest, divisor), 1.1754943508222875e-38, None)
        def round(self: __torch__.Ops,
          matrix: Tensor,
          turned: bool,
          group: int,
          levels: float) -> Tensor:
          groups = (self).rows(matrix, turned, group, )
          steps = (self).steps(groups, levels, )
          numbers = torch.clamp(torch.round(torch.div(groups, steps)), torch.neg(levels), levels)
          rounded = torch.mul(numbers, steps)
          rows = torch.size(matrix, 0)
          width = torch.size(matrix, 1)
          if turned:
            padded = torch.reshape(rounded, [width, -1])
            result = torch.t(torch.slice(padded, 1, 0, rows))
          else:
            padded = torch.reshape(rounded, [rows, -1])
            result = torch.slice(padded, 1, 0, width)
          return torch.copy_(matrix, result)
        def changes(self: __torch__.Ops,
          matrix: Tensor,
          old: Tensor,
          turned: bool,
          group: int,
          levels: float) -> Tensor:
          groups = (self).rows(matrix, turned, group, )
          others = (self).rows(torch.to(old, matrix, False, False), turned, group, )
          steps = (self).steps(groups, levels, )
          changed = torch.ne(groups, others)
          numbers = torch.round(torch.div(groups, steps))
          same = torch.logical_and(changed, torch.eq(numbers, torch.round(torch.div(others, steps))))
          small = torch.lt(torch.abs(torch.sub(groups, others)), torch.mul(steps, 0.5))
          below = torch.logical_and(changed, small)
          return torch.stack([torch.sum(changed), torch.sum(same), torch.sum(below)])
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL = OpsArchive.load("unlearn-rounding", OpsArchive.bytes(METHODS));

  private RoundingOps() {}

  /**
   * Counts of the weights in which two matrices differ.
   *
   * @param changed how many do
   * @param sameNumber how many of them are rounded to the same integer, in steps of the first
   * @param belowHalfStep how many of them differ by less than half a step of the first
   */
  public record Changes(long changed, long sameNumber, long belowHalfStep) {}

  /**
   * Rounds in place: {@code Δ clamp(round(w / Δ), -q, q)}, {@code q = 2^(bits - 1) - 1}, {@code Δ =
   * max |w| / q} over each group; ties to even.
   *
   * @param matrix float32 of shape (rows, width)
   * @param turned whether groups lie along columns
   * @param groupSize how many weights of a row, or column, share Δ; all of the matrix, if it is its
   *     size
   */
  public static void round(NDArray matrix, boolean turned, long groupSize, int bits) {
    Torch.callInPlace(
        MODEL.getBlock(),
        "round",
        Torch.argument(matrix),
        IValue.from(turned),
        IValue.from(groupSize),
        IValue.from(levels(bits)));
  }

  /**
   * Counts what rounding would make of the difference to another matrix of the same shape, which
   * may be on another device.
   *
   * @param manager of the memory that it takes
   */
  public static Changes changes(
      NDManager manager, NDArray matrix, NDArray old, boolean turned, long groupSize, int bits) {
    try (NDArray counts =
        Torch.call(
            manager,
            MODEL.getBlock(),
            "changes",
            Torch.argument(matrix),
            Torch.argument(old),
            IValue.from(turned),
            IValue.from(groupSize),
            IValue.from(levels(bits)))) {
      NDScope.unregister(counts);
      long[] values = HostValues.longs(counts);
      return new Changes(values[0], values[1], values[2]);
    }
  }

  private static double levels(int bits) {
    return (1 << (bits - 1)) - 1;
  }
}
