package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Codes of an output matrix as FBGEMM multiplies them, in PyTorch's builds for x86-64, on a CPU
 * without instructions for dot products of bytes. It adds products of two bytes each in 16 bits,
 * for which one factor may have 7 bits: codes of hidden states are from -63 to 63 here.
 */
public final class PackedCodes implements AutoCloseable {
  // PyTorch quantizes what it multiplies with by its lowest and highest number. One row of -64
  // and one of 63 make that a step of 1, so that codes stay what they are.
  //
  // Within a piece ids lie so that the highest of each four, and of each sixteen, is the highest of
  // stretches: that of id 16 j + 4 s + t is in column t (piece / 4) + s (piece / 16) + j.
  //
  // What leads by codes is computed in float32. An id is left if its score by codes is not less
  // than that by what codes are off, and by what it may have outside of the directions, if there
  // are any. Of those left, few are so by products of float32 within the directions.
  private static final String METHODS =
      """
        def pack(self: __torch__.Ops,
          codes: Tensor,
          scales: Tensor,
          piece: int) -> List[__torch__.torch.classes.quantized.LinearPackedParamsBase]:
          packed = annotate(List[__torch__.torch.classes.quantized.LinearPackedParamsBase], [])
          count = torch.size(codes, 0)
          width = torch.size(codes, 1)
          for i in range(torch.floordiv(torch.add(count, torch.sub(piece, 1)), piece)):
            begin = torch.mul(i, piece)
            end = torch.add(begin, piece)
            places = torch.remainder(torch.arange(begin, end, device=ops.prim.device(codes)), count)
            some = torch.view(torch.index_select(codes, 0, places), [-1, 4, 4, width])
            turned = torch.reshape(torch.permute(some, [2, 1, 0, 3]), [piece, width])
            groups = torch.div(torch.slice(places, 0, 0, piece, 16), 16, rounding_mode="floor")
            scale = torch.to(torch.repeat(torch.index_select(scales, 0, groups), [16]), 7)
            matrix = torch._make_per_channel_quantized_tensor(turned, scale, torch.zeros_like(places), 0)
            _0 = torch.append(packed, ops.quantized.linear_prepack(matrix, None))
          return packed
        def best(self: __torch__.Ops,
          packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase],
          hidden: Tensor,
          weight: Tensor,
          bias: Tensor,
          balance: Tensor,
          centre: Tensor,
          error: Tensor,
          length: Tensor,
          longest: Tensor,
          basis: Tensor,
          projected: Tensor,
          middle: Tensor,
          outside: Tensor,
          most: Tensor,
          count: int,
          quarters: Tensor,
          groups: Tensor) -> Tensor:
          rows = torch.size(quarters, 0)
          parts = annotate(List[Tensor], [])
          for i in range(torch.floordiv(torch.add(torch.size(hidden, 0), torch.sub(rows, 1)), rows)):
            begin = torch.mul(i, rows)
            some = torch.slice(hidden, 0, begin, torch.add(begin, rows))
            _0 = torch.append(parts, (self).best_of_some(packed, some, weight, bias, balance, centre, error, length, longest, basis, projected, middle, outside, most, count, quarters, groups, ))
          return torch.cat(parts)
        def best_of_some(self: __torch__.Ops,
          packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase],
          hidden: Tensor,
          weight: Tensor,
          bias: Tensor,
          balance: Tensor,
          centre: Tensor,
          error: Tensor,
          length: Tensor,
          longest: Tensor,
          basis: Tensor,
          projected: Tensor,
          middle: Tensor,
          outside: Tensor,
          most: Tensor,
          count: int,
          quarters: Tensor,
          groups: Tensor) -> Tensor:
          n = torch.size(hidden, 0)
          directed = torch.gt(torch.numel(basis), 0)
          precise = torch.to(hidden, 7)
          if directed:
            inside = torch.to(torch.mm(precise, basis), 6)
            beyond = torch.sub(precise, torch.mm(torch.to(inside, 7), torch.t(basis)))
            left = torch.to(torch.linalg_vector_norm(beyond, 2, [1], True), 6)
            shift = torch.mm(precise, torch.t(middle))
            far = torch.mul(torch.linalg_vector_norm(hidden, 2, [1], True), most)
          else:
            inside = hidden
            left = torch.new_zeros(hidden, [n, 1])
            shift = torch.new_zeros(precise, [n, 1])
            far = left
          code, scale, slip, rounding = (self).coded(inside, bias, balance, error, length, longest, 63., )
          lowest = torch.new_full(code, [1, torch.size(code, 1)], -64.)
          highest = torch.new_full(code, [1, torch.size(code, 1)], 63.)
          asked = torch.cat([torch.nan_to_num(code, 0., 0., 0.), lowest, highest])
          fours = torch.slice(quarters, 0, 0, n)
          sixteens = torch.slice(groups, 0, 0, n)
          m = torch.floordiv(torch.size(groups, 1), torch.len(packed))
          for i in range(torch.len(packed)):
            product = torch.slice(ops.quantized.linear_dynamic(asked, packed[i], True), 0, 0, n)
            begin = torch.mul(i, m)
            four = torch.slice(fours, 1, torch.mul(begin, 4), torch.mul(torch.add(begin, m), 4))
            _0 = torch.amax(torch.unflatten(product, 1, [4, torch.mul(m, 4)]), [1], False, out=four)
            sixteen = torch.slice(sixteens, 1, begin, torch.add(begin, m))
            _1 = torch.amax(torch.unflatten(four, 1, [4, m]), [1], False, out=sixteen)
          front = (self).quarters_of(torch.argmax(sixteens, 1, True), m, )
          ahead = torch.argmax(torch.gather(fours, 1, front), 1, True)
          leaders = (self).ids_of(torch.gather(front, 1, ahead), m, count, torch.size(weight, 0), )
          known = (self).known_best(hidden, weight, bias, leaders, )
          doubt = torch.add(torch.add(slip, far), torch.mul(rounding, 2.))
          threshold = (self).threshold(known, inside, bias, centre, shift, doubt, scale, )
          reach = torch.div(left, scale)
          if directed:
            hits = torch.nonzero(torch.ge(torch.addcmul(sixteens, reach, outside), threshold))
          else:
            hits = torch.nonzero(torch.ge(sixteens, threshold))
          result = torch.new_full(hits, [n], -1)
          if torch.le(torch.size(hits, 0), torch.mul(n, 64)):
            row = torch.slice(hits, 1, 0, 1)
            group = torch.slice(hits, 1, 1, 2)
            quarter = (self).quarters_of(group, m, )
            near = torch.take(fours, torch.add(torch.mul(row, torch.size(fours, 1)), quarter))
            needed = torch.take(threshold, row)
            if directed:
              lacking = torch.sub(needed, torch.mul(torch.take(reach, row), torch.take(outside, group)))
            else:
              lacking = needed
            kept = torch.nonzero(torch.ge(near, lacking))
            if torch.le(torch.size(kept, 0), torch.mul(n, 64)):
              hit = torch.select(kept, 1, 0)
              some = torch.index(quarter, [hit, torch.select(kept, 1, 1)])
              ids = (self).ids_of(torch.unsqueeze(some, 1), m, count, torch.size(weight, 0), )
              rows = torch.repeat_interleave(torch.index_select(torch.squeeze(row, 1), 0, hit), 4)
              if directed:
                part = (self).exact(inside, projected, bias, rows, ids, )
                rest = torch.mul(torch.take(left, rows), torch.take(outside, torch.floor_divide(ids, 16)))
                bar = torch.sub(torch.to(torch.sub(known, shift), 6), torch.add(far, torch.mul(rounding, 2.)))
                near_best = torch.squeeze(torch.nonzero(torch.ge(torch.add(part, rest), torch.take(bar, rows))), 1)
                result = (self).exact_best(hidden, weight, bias, torch.index_select(rows, 0, near_best), torch.index_select(ids, 0, near_best), )
              else:
                result = (self).exact_best(hidden, weight, bias, rows, ids, )
            else:
              pass
          else:
            pass
          return result
        def quarters_of(self: __torch__.Ops,
          group: Tensor,
          m: int) -> Tensor:
          steps = torch.arange(4, dtype=4, device=ops.prim.device(group))
          piece = torch.div(group, m, rounding_mode="floor")
          return torch.add(group, torch.mul(torch.add(torch.mul(piece, 3), steps), m))
        def ids_of(self: __torch__.Ops,
          quarter: Tensor,
          m: int,
          count: int,
          known: int) -> Tensor:
          steps = torch.arange(4, dtype=4, device=ops.prim.device(quarter))
          room = torch.mul(m, 4)
          piece = torch.div(quarter, room, rounding_mode="floor")
          within = torch.remainder(quarter, room)
          group = torch.add(torch.mul(piece, m), torch.remainder(within, m))
          first = torch.add(torch.mul(group, 16), torch.mul(torch.div(within, m, rounding_mode="floor"), 4))
          return torch.remainder(torch.remainder(torch.view(torch.add(first, steps), [-1]), count), known)
      """;

  private static final @Nullable Model MODEL = load();

  /** Ids that are multiplied at a time, about: their codes stay in a core's cache. */
  private static final long PIECE = 4096;

  /** Hidden states that are multiplied at a time: their products with a piece stay in a cache. */
  private static final long ROWS = 128;

  private static final long GROUP = 16;

  private final DecodingOps.Codes codes;
  private final Directions directions;
  private final IValue packed;
  private final long columns;

  private PackedCodes(DecodingOps.Codes codes, Directions directions, IValue packed, long columns) {
    this.codes = codes;
    this.directions = directions;
    this.packed = packed;
    this.columns = columns;
  }

  private static @Nullable Model load() {
    try {
      return OpsArchive.load(
          "unlearn-packed-codes", OpsArchive.bytes(METHODS + DecodingCode.CHOICES));
    } catch (EngineException e) {
      LoggerFactory.getLogger(PackedCodes.class)
          .info("decoding without packed codes: {}", Failures.summary(e));
      return null;
    }
  }

  /** Returns whether this build of PyTorch can pack codes. */
  static boolean areAvailable() {
    return MODEL != null;
  }

  /** Packs codes, of which only the numbers are needed from then on. */
  public static PackedCodes of(DecodingOps.Codes codes) {
    return of(codes, Directions.NONE);
  }

  /**
   * Does the same.
   *
   * @param directions those that the codes are of, closed with the result; none for codes of the
   *     whole matrix
   */
  static PackedCodes of(DecodingOps.Codes codes, Directions directions) {
    long pieces = (codes.rows() + PIECE - 1) / PIECE;
    long piece = (codes.rows() + pieces * GROUP - 1) / (pieces * GROUP) * GROUP;
    IValue packed =
        Torch.callForValue(
            model().getBlock(),
            "pack",
            Torch.argument(codes.codes()),
            Torch.argument(codes.scales()),
            IValue.from(piece));
    codes.codes().close();
    long columns = pieces * piece;
    return new PackedCodes(codes, directions.filledUp(columns / GROUP), packed, columns);
  }

  /** Memory that {@link #best} works in, for at most so many rows. */
  public record Space(NDArray quarters, NDArray groups) implements Workspace {
    @Override
    public void close() {
      quarters.close();
      groups.close();
    }
  }

  /** Creates memory for rows. */
  public Space space(NDManager manager, long rows) {
    long some = Math.min(rows, ROWS);
    NDArray quarters = manager.create(new Shape(some, columns * 4 / GROUP));
    NDArray groups = manager.create(new Shape(some, columns / GROUP));
    NDScope.unregister(quarters, groups);
    return new Space(quarters, groups);
  }

  /**
   * Chooses as {@link DecodingOps#bestIds}, by the same bound.
   *
   * @param hidden shape (n, width)
   * @param weight shape (N, width)
   * @param bias shape (N), or null for none
   * @return int64 of shape (n), as there; -1 for some rows at least if it cannot tell
   */
  public NDArray best(NDArray hidden, NDArray weight, @Nullable NDArray bias, Space space) {
    return Torch.callKeeping(
        hidden.getManager(),
        model().getBlock(),
        "best",
        packed,
        Torch.argument(hidden),
        Torch.argument(weight),
        Torch.argument(OpsModule.orNone(bias)),
        Torch.argument(codes.balance()),
        Torch.argument(codes.centre()),
        Torch.argument(codes.error()),
        Torch.argument(codes.length()),
        Torch.argument(codes.longest()),
        Torch.argument(directions.basis()),
        Torch.argument(directions.projected()),
        Torch.argument(directions.middle()),
        Torch.argument(directions.outside()),
        Torch.argument(directions.rounding()),
        IValue.from(codes.rows()),
        Torch.argument(space.quarters()),
        Torch.argument(space.groups()));
  }

  private static Model model() {
    if (MODEL == null) {
      throw new IllegalStateException("see areAvailable");
    }
    return MODEL;
  }

  @Override
  public void close() {
    packed.close();
    directions.close();
  }
}
