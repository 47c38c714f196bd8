package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.jni.IValue;

/**
 * The few directions in which hidden states of a model are long, and what an output matrix has
 * outside of them.
 *
 * <p>With orthonormal directions R of shape (width, k), {@code p = Rᵀ h} and {@code r = h - R p},
 * the score of id i is {@code w_i h = (w_i R) p + w_i r}, and {@code |w_i r| <= |w_i - w_i R Rᵀ|
 * |r|}. So codes of {@code W R}, a fraction of those of W, say which ids could be the best. This
 * holds for any hidden state; one that lies elsewhere only leaves more ids. The mean of all rows is
 * subtracted from each first, which changes a hidden state's scores by one number.
 *
 * @param basis R, float64 of shape (width, k); it stays its span's
 * @param projected the rows less their mean, times R, shape (rows, k)
 * @param middle the mean of the rows, float64 of shape (1, width)
 * @param outside of each 16 rows the longest rest, shape (1, rows / 16), rounded up
 * @param rounding what two sums of float32 are off by, for each unit of a hidden state's length
 */
public record Directions(
    NDArray basis, NDArray projected, NDArray middle, NDArray outside, NDArray rounding)
    implements AutoCloseable {
  // All is in double precision until it is rounded. The rest is the root of a difference of
  // squares, which is off by less than a millionth of the row's length.
  private static final String METHODS =
      """
        def span(self: __torch__.Ops,
          sample: Tensor,
          count: int) -> List[Tensor]:
          clean = torch.to(torch.nan_to_num(sample, 0., 0., 0.), 7)
          others = torch.sub(torch.size(sample, 1), count)
          squares, vectors = torch.linalg_eigh(torch.mm(torch.t(clean), clean))
          basis = torch.contiguous(torch.slice(vectors, 1, others))
          share = torch.div(torch.sum(torch.slice(squares, 0, 0, others)), torch.clamp(torch.sum(squares), 1.0e-30))
          return [basis, torch.to(torch.mm(clean, basis), 6), share]
        def project(self: __torch__.Ops,
          weight: Tensor,
          basis: Tensor) -> List[Tensor]:
          width = torch.size(weight, 1)
          middle = torch.mean(weight, [0], True, dtype=7)
          ids = torch.size(weight, 0)
          rows = torch.mul(torch.floordiv(torch.add(ids, 15), 16), 16)
          piece = 1024
          projected = annotate(List[Tensor], [])
          outside = annotate(List[Tensor], [])
          longest = annotate(List[Tensor], [])
          for i in range(torch.floordiv(torch.add(rows, torch.sub(piece, 1)), piece)):
            begin = torch.mul(i, piece)
            end = ops.prim.min(torch.add(begin, piece), rows)
            places = torch.remainder(torch.arange(begin, end, dtype=4, device=ops.prim.device(weight)), ids)
            whole = torch.to(torch.index_select(weight, 0, places), 7)
            centered = torch.sub(whole, middle)
            inside = torch.mm(centered, basis)
            square = torch.sum(torch.mul(centered, centered), [1])
            rest = torch.sqrt(torch.clamp(torch.sub(square, torch.sum(torch.mul(inside, inside), [1])), 0.))
            bound = torch.add(torch.mul(rest, 1.001), torch.mul(torch.sqrt(square), 1.0e-06))
            _1 = torch.append(outside, torch.amax(torch.view(bound, [-1, 16]), [1]))
            _2 = torch.append(longest, torch.amax(torch.linalg_vector_norm(whole, 2, [1])))
            _3 = torch.append(projected, torch.to(inside, 6))
          length = torch.amax(torch.stack(longest))
          rounding = torch.mul(length, torch.mul(width, 4.8e-07))
          groups = torch.unsqueeze(torch.to(torch.cat(outside), 6), 0)
          return [torch.slice(torch.cat(projected), 0, 0, ids), middle, groups, torch.to(rounding, 6)]
      """;

  /** Where codes are of the whole matrix. */
  static final Directions NONE = none(OpsModule.orNone(null));

  private static final Model MODEL =
      OpsArchive.load("unlearn-directions", OpsArchive.bytes(METHODS));

  private static Directions none(NDArray nothing) {
    return new Directions(nothing, nothing, nothing, nothing, nothing);
  }

  /**
   * Returns how many directions are taken of a width. More leave hardly fewer ids, and in so many
   * codes and float32 together take less than codes of the whole matrix.
   */
  static long count(long width) {
    return width * 3 / 16;
  }

  /**
   * The directions of a sample of hidden states.
   *
   * @param basis orthonormal, float64 of shape (width, k)
   * @param inside the states' parts along them, float32 of shape (M, k)
   * @param outside the share of the sum of the states' squares that is not along them
   */
  public record Span(NDArray basis, NDArray inside, double outside) implements AutoCloseable {
    /**
     * Finds the directions in which a sample is longest.
     *
     * @param manager owns what is made
     * @param sample shape (M, width); what is no number counts as 0
     */
    public static Span of(NDManager manager, NDArray sample) {
      NDArray[] parts =
          Torch.callForList(
              manager,
              MODEL.getBlock(),
              "span",
              Torch.argument(sample),
              IValue.from(count(sample.getShape().get(1))));
      NDScope.unregister(parts[0], parts[1]);
      try (NDArray outside = parts[2]) {
        return new Span(parts[0], parts[1], outside.getDouble());
      }
    }

    @Override
    public void close() {
      basis.close();
      inside.close();
    }
  }

  /**
   * Finds what a matrix has along directions, and outside of them.
   *
   * @param manager owns what is made
   * @param weight shape (rows, width)
   * @param basis stays the caller's
   */
  static Directions of(NDManager manager, NDArray weight, NDArray basis) {
    NDArray[] parts =
        Torch.callForList(
            manager, MODEL.getBlock(), "project", Torch.argument(weight), Torch.argument(basis));
    NDScope.unregister(parts);
    return new Directions(basis, parts[0], parts[1], parts[2], parts[3]);
  }

  /**
   * Encodes a matrix in directions of hidden states such as those it will be multiplied with.
   *
   * @param span stays the caller's, and must stay open
   */
  public static PackedCodes encode(NDManager manager, OutputMatrix matrix, Span span) {
    Directions directions = of(manager, matrix.weight(), span.basis);
    return PackedCodes.of(
        DecodingOps.encode(manager, directions.projected, matrix.bias(), span.inside), directions);
  }

  /** Returns the same for so many groups of 16 rows, the first ones again at the end. */
  Directions filledUp(long groups) {
    if (outside.isEmpty()) {
      return NONE;
    }
    long more = groups - outside.size();
    try (NDArray before = outside;
        NDArray again = before.get(new NDIndex(":, :{}", more))) {
      NDArray filled = before.concat(again, 1);
      NDScope.unregister(filled);
      return new Directions(basis, projected, middle, filled, rounding);
    }
  }

  @Override
  public void close() {
    if (!outside.isEmpty()) { // what stands for none is everyone's
      projected.close();
      middle.close();
      outside.close();
      rounding.close();
    }
  }
}
