package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.IValue;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rows of an output matrix that lie far from their mean, among which the highest score is
 * looked for first. With the mean c, {@code w h = c h + (w - c) h <= c h + |w - c| |h|}: where what
 * is best among them beats this bound of all others, none of those need be multiplied. Rows that
 * training hardly moved, such as those of tokens that its text does not have, are never among them.
 * A bias counts as one more column, for which each hidden state has a 1.
 *
 * <p>Source: Teflioudi, Gemulla, Mykytiuk, LEMP: Fast Retrieval of Large Entries in a Matrix
 * Product, SIGMOD 2015, which prunes by length; lengths are taken from the mean here.
 *
 * @param matrix those rows, in the order of their ids
 * @param ids of each of them, int64 of shape (far)
 * @param centre the mean of all rows, float64 of shape (1, width), or one more with a bias
 * @param rest how far others lie at most, and what sums of float32 are off by, for each unit of a
 *     hidden state's length; float64 of shape ()
 */
public record FarRows(OutputMatrix matrix, NDArray ids, NDArray centre, NDArray rest)
    implements AutoCloseable {
  // For each state of the sample it is known from which distance on it needs rows. Of those
  // distances, the one is taken for which rows, and states that would need more, cost the least.
  // Other states differ a little, so that it is lowered by a twentieth. The bound holds around any
  // centre, so the mean need not be exact; distances in float32 are off by less than what they are
  // raised by; squares of shorter ones than 1e-18 may vanish.
  private static final String METHODS =
      """
        def far_rows(self: __torch__.Ops,
          weight: Tensor,
          bias: Tensor,
          sample: Tensor,
          most: int) -> List[Tensor]:
          count = torch.size(weight, 0)
          states = torch.size(sample, 0)
          clean = torch.nan_to_num(sample, 0., 0., 0.)
          asked = (self).with_ones(torch.to(clean, 7), bias, )
          centre = torch.mean(weight, [0], True)
          extra = torch.new_zeros(weight, [1, 1])
          if torch.gt(torch.numel(bias), 0):
            extra = torch.view(torch.mean(bias), [1, 1])
          piece = 1024
          best = torch.new_full(clean, [states], -3.4028234663852886e+38)
          far = annotate(List[Tensor], [])
          for i in range(torch.floordiv(torch.add(count, torch.sub(piece, 1)), piece)):
            begin = torch.mul(i, piece)
            some = torch.slice(weight, 0, begin, torch.add(begin, piece))
            scores = torch.mm(clean, torch.t(some))
            distances = torch.linalg_vector_norm(torch.sub(some, centre), 2, [1])
            if torch.gt(torch.numel(bias), 0):
              own = torch.slice(bias, 0, begin, torch.add(begin, piece))
              scores = torch.add_(scores, own)
              distances = torch.hypot(distances, torch.sub(own, torch.squeeze(extra, 0)))
            best = torch.maximum(best, torch.amax(scores, [1]))
            _0 = torch.append(far, distances)
          if torch.gt(torch.numel(bias), 0):
            centre = torch.cat([centre, extra], 1)
          centre = torch.to(centre, 7)
          width = torch.size(centre, 1)
          off = torch.add(torch.mul(width, 2.4e-07), 1.)
          distance = torch.add(torch.mul(torch.to(torch.cat(far), 7), off), 1.0e-18)
          length = torch.add(torch.amax(distance), torch.linalg_vector_norm(centre))
          rounding = torch.mul(length, torch.mul(width, 4.8e-07))
          reach = torch.linalg_vector_norm(asked, 2, [1])
          above = torch.sub(torch.to(best, 7), torch.squeeze(torch.mm(asked, torch.t(centre)), 1))
          needed, _2 = torch.sort(torch.sub(torch.div(above, reach), rounding))
          ordered, _3 = torch.sort(distance)
          before = torch.searchsorted(ordered, torch.mul(needed, 0.95))
          missed = torch.div(torch.mul(torch.arange(states, dtype=7, device=ops.prim.device(weight)), count), states)
          cost = torch.add(torch.rsub(before, count), missed)
          place = torch.index_select(before, 0, torch.argmin(cost, 0, True))
          kept = torch.sub(count, int(place))
          result = annotate(List[Tensor], [])
          spent = float(torch.amin(cost, [0]))
          if torch.__and__(torch.le(spent, torch.mul(count, 0.5)), torch.__and__(torch.le(kept, most), torch.gt(kept, 0))):
            bar = torch.index_select(ordered, 0, place)
            ids = torch.squeeze(torch.nonzero(torch.ge(distance, bar)), 1)
            others = torch.index_select(ordered, 0, torch.sub(place, 1))
            rest = torch.squeeze(torch.add(others, rounding), 0)
            rows = torch.index_select(weight, 0, ids)
            if torch.gt(torch.numel(bias), 0):
              result = [rows, ids, centre, rest, torch.index_select(bias, 0, ids)]
            else:
              result = [rows, ids, centre, rest]
          return result
        def certain(self: __torch__.Ops,
          hidden: Tensor,
          weight: Tensor,
          bias: Tensor,
          ids: Tensor,
          centre: Tensor,
          rest: Tensor,
          best: Tensor) -> Tensor:
          states = (self).with_ones(torch.to(hidden, 7), bias, )
          n = torch.size(hidden, 0)
          rows = torch.arange(n, dtype=4, device=ops.prim.device(hidden))
          scores = (self).exact(hidden, weight, bias, rows, best, )
          common = torch.squeeze(torch.mm(states, torch.t(centre)), 1)
          others = torch.add(common, torch.mul(torch.linalg_vector_norm(states, 2, [1]), rest))
          return torch.where(torch.gt(scores, others), torch.index_select(ids, 0, best), -1)
      """;

  private static final Model MODEL =
      OpsArchive.load("unlearn-far-rows", OpsArchive.bytes(METHODS + DecodingCode.CHOICES));

  /** Hidden states that are looked at, about: more cost more than they tell. */
  private static final long SAMPLE = 128;

  /**
   * Finds the rows that are worth looking at first.
   *
   * @param manager owns what is made
   * @param head its cap is left out, since it changes no order
   * @param states shape (M, width), hidden states such as those that it will be multiplied with
   * @param most how many rows are worth it
   * @return nothing if more are needed
   */
  public static Optional<FarRows> find(
      NDManager manager, OutputMatrix head, NDArray states, long most) {
    try (NDArray sample = sample(states)) {
      NDArray[] parts =
          Torch.callForList(
              manager,
              MODEL.getBlock(),
              "far_rows",
              Torch.argument(head.weight()),
              Torch.argument(OpsModule.orNone(head.bias())),
              Torch.argument(sample),
              IValue.from(most));
      if (parts.length == 0) {
        return Optional.empty();
      }
      NDScope.unregister(parts);
      @Nullable NDArray bias = parts.length > 4 ? parts[4] : null;
      return Optional.of(
          new FarRows(new OutputMatrix(parts[0], bias, 0), parts[1], parts[2], parts[3]));
    }
  }

  private static NDArray sample(NDArray states) {
    long step = (states.getShape().get(0) + SAMPLE - 1) / SAMPLE;
    return states.get("::" + step);
  }

  /**
   * Tells which choices are certain.
   *
   * @param hidden shape (n, width)
   * @param best for each hidden state the place among these rows of the highest score, int64 of
   *     shape (n)
   * @return int64 of shape (n): the id; -1 where one of the other rows could have a score as high
   */
  public NDArray certain(NDArray hidden, NDArray best) {
    return Torch.call(
        hidden.getManager(),
        MODEL.getBlock(),
        "certain",
        Torch.argument(hidden),
        Torch.argument(matrix.weight()),
        Torch.argument(OpsModule.orNone(matrix.bias())),
        Torch.argument(ids),
        Torch.argument(centre),
        Torch.argument(rest),
        Torch.argument(best));
  }

  @Override
  public void close() {
    matrix.weight().close();
    if (matrix.bias() != null) {
      matrix.bias().close();
    }
    ids.close();
    centre.close();
    rest.close();
  }
}
