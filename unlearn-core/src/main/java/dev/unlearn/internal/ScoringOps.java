package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;

/** What scoring reads from logits in one call. Results can only be read; no gradients. */
public final class ScoringOps {
  private static final String METHODS =
      """
        def chosen_of_logits(self: __torch__.Ops,
          logits: Tensor,
          rows: Tensor,
          ids: Tensor,
          span: int) -> List[Tensor]:
          places = torch.add(torch.mul(rows, torch.size(logits, 1)), ids)
          return [torch.take(torch.log_softmax(logits, 1), places), (self).best_of_logits(logits, span, )]
        def chosen_of_states(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: Tensor,
          rows: Tensor,
          ids: Tensor,
          cap: float,
          columns: int) -> List[Tensor]:
          size = torch.size(weight, 0)
          highest = (self).lowest(states, )
          best = torch.new_zeros(states, torch.size(highest), dtype=4)
          total = torch.zeros_like(highest)
          chosen = torch.new_zeros(states, torch.size(ids))
          room = torch.new_empty(states, [torch.mul(torch.size(states, 0), ops.prim.min(columns, size))])
          for i in range((self).count(size, columns, )):
            begin = torch.mul(i, columns)
            some = (self).some_logits(states, weight, bias, cap, begin, ops.prim.min(torch.add(begin, columns), size), room, )
            column = torch.sub(ids, begin)
            inside = torch.logical_and(torch.ge(column, 0), torch.lt(column, torch.size(some, 1)))
            places = torch.add(torch.mul(rows, torch.size(some, 1)), torch.clamp(column, 0, torch.sub(torch.size(some, 1), 1)))
            _0 = torch.copy_(chosen, torch.where(inside, torch.take(some, places), chosen))
            top = torch.amax(some, [1])
            _1 = (self).choose(some, top, begin, highest, best, )
            new = torch.maximum(highest, top)
            _2 = torch.mul_(total, torch.exp(torch.sub(highest, new)))
            _3 = torch.add_(total, torch.sum(torch.exp_(torch.sub_(some, torch.unsqueeze(new, 1))), [1]))
            _4 = torch.copy_(highest, new)
          below = torch.sub(chosen, torch.index_select(highest, 0, rows))
          return [torch.sub(below, torch.index_select(torch.log(total), 0, rows)), best]
        def best_of_states(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: Tensor,
          cap: float,
          columns: int) -> Tensor:
          size = torch.size(weight, 0)
          highest = (self).lowest(states, )
          best = torch.new_zeros(states, torch.size(highest), dtype=4)
          room = torch.new_empty(states, [torch.mul(torch.size(states, 0), ops.prim.min(columns, size))])
          for i in range((self).count(size, columns, )):
            begin = torch.mul(i, columns)
            some = (self).some_logits(states, weight, bias, cap, begin, ops.prim.min(torch.add(begin, columns), size), room, )
            top = torch.amax(some, [1])
            _0 = (self).choose(some, top, begin, highest, best, )
            _1 = torch.copy_(highest, torch.maximum(highest, top))
          return best
        def best_of_logits(self: __torch__.Ops,
          logits: Tensor,
          span: int) -> Tensor:
          size = torch.size(logits, 1)
          count = torch.floordiv(size, span)
          if torch.le(count, 1):
            result = torch.argmax(logits, 1)
          else:
            last = torch.sub(size, span)
            spans = torch.unflatten(torch.slice(logits, 1, 0, torch.mul(count, span)), 1, [count, span])
            rest = torch.amax(torch.slice(logits, 1, last), [1], True)
            tops = torch.cat([torch.amax(spans, [2]), rest], 1)
            begin = torch.clamp(torch.mul(torch.argmax(tops, 1, True), span), None, last)
            ids = torch.add(begin, torch.arange(span, device=ops.prim.device(logits)))
            result = torch.add(torch.squeeze(begin, 1), torch.argmax(torch.gather(logits, 1, ids), 1))
          return result
        def some_logits(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: Tensor,
          cap: float,
          begin: int,
          end: int,
          room: Tensor) -> Tensor:
          size = torch.sub(end, begin)
          count = torch.mul(torch.size(states, 0), size)
          some = torch.view(torch.slice(room, 0, 0, count), [-1, size])
          _0 = torch.mm(states, torch.t(torch.slice(weight, 0, begin, end)), out=some)
          if torch.gt(torch.numel(bias), 0):
            _1 = torch.add_(some, torch.slice(bias, 0, begin, end))
          if torch.gt(cap, 0.):
            _2 = torch.mul_(torch.tanh_(torch.div_(some, cap)), cap)
          return some
        def count(self: __torch__.Ops,
          size: int,
          columns: int) -> int:
          return torch.floordiv(torch.add(size, torch.sub(columns, 1)), columns)
        def lowest(self: __torch__.Ops,
          states: Tensor) -> Tensor:
          return torch.new_full(states, [torch.size(states, 0)], -3.4028234663852886e+38)
        def choose(self: __torch__.Ops,
          logits: Tensor,
          top: Tensor,
          begin: int,
          highest: Tensor,
          best: Tensor) -> Tensor:
          number = torch.eq(highest, highest)
          better = torch.squeeze(torch.nonzero(torch.logical_and(torch.logical_not(torch.le(top, highest)), number)), 1)
          if torch.gt(torch.numel(better), 0):
            id = torch.argmax(torch.index_select(logits, 0, better), 1)
            _0 = torch.index_copy_(best, 0, better, torch.add(id, begin))
          return best
        def moments(self: __torch__.Ops,
          logits: Tensor,
          size: int) -> List[Tensor]:
          parts = torch.split(logits, size)
          means = annotate(List[Tensor], [])
          variances = annotate(List[Tensor], [])
          for i in range(torch.len(parts)):
            all = torch.clamp_(torch.log_softmax(parts[i], 1), -200.)
            p = torch.exp(all)
            mean = torch.sum(torch.mul(p, all), [1], True)
            deviation = torch.sub_(all, mean)
            variance = torch.sum(torch.mul_(p, torch.mul_(deviation, deviation)), [1])
            _0 = torch.append(means, torch.squeeze(mean, 1))
            _1 = torch.append(variances, variance)
          return [torch.cat(means), torch.cat(variances)]
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL = OpsArchive.load("unlearn-scoring", OpsArchive.bytes(METHODS));

  /** Columns of logits that are looked at at a time. */
  private static final long COLUMNS = 512;

  /** Rows whose moments are computed at a time: what they need fits a cache. */
  private static final long MOMENT_ROWS = 16;

  private ScoringOps() {}

  /**
   * Looks at rows of logits; one row may be looked at for several ids.
   *
   * @param logits shape (N, vocabulary)
   * @param rows int64 of shape (n), in [0, N)
   * @param ids int64 of shape (n)
   * @return log-probabilities {@code ln softmax(logits)[rows[i], ids[i]]}, in nats, of shape (n);
   *     the id of the highest logit of each row, the lowest id at a tie, int64 of shape (N)
   */
  public static NDArray[] chosen(NDArray logits, NDArray rows, NDArray ids) {
    return Torch.callForList(
        logits.getManager(),
        MODEL.getBlock(),
        "chosen_of_logits",
        Torch.argument(logits),
        Torch.argument(rows),
        Torch.argument(ids),
        IValue.from(COLUMNS));
  }

  /**
   * Looks at rows of logits that are never all there: some columns at a time are computed into
   * memory that a processor's cache holds, and only highest logits and sums of exponentials stay.
   *
   * @param head what the logits are computed with, on the host
   * @param states shape (N, width); some hundred are best
   * @param rows as {@link #chosen(NDArray, NDArray, NDArray)} takes them
   * @param ids the same
   * @return the same
   */
  public static NDArray[] chosen(OutputMatrix head, NDArray states, NDArray rows, NDArray ids) {
    return Torch.callForList(
        states.getManager(),
        MODEL.getBlock(),
        "chosen_of_states",
        Torch.argument(states),
        Torch.argument(head.weight()),
        Torch.argument(OpsModule.orNone(head.bias())),
        Torch.argument(rows),
        Torch.argument(ids),
        IValue.from(head.cap()),
        IValue.from(COLUMNS));
  }

  /**
   * Returns the id of the highest logit of each row, the lowest id at a tie, int64 of shape (N).
   *
   * @param head what the logits are computed with, some columns at a time, on the host
   * @param states shape (N, width)
   */
  public static NDArray best(OutputMatrix head, NDArray states) {
    return Torch.call(
        states.getManager(),
        MODEL.getBlock(),
        "best_of_states",
        Torch.argument(states),
        Torch.argument(head.weight()),
        Torch.argument(OpsModule.orNone(head.bias())),
        IValue.from(head.cap()),
        IValue.from(COLUMNS));
  }

  /**
   * Returns the id of the highest logit of each row, the lowest id at a tie, int64 of shape (N).
   * The highest of so many neighbors is found first, and then the one of them: an operator that
   * finds a value reads several numbers at once, one that finds a place does not.
   *
   * @param logits shape (N, vocabulary)
   */
  public static NDArray best(NDArray logits) {
    return Torch.call(
        logits.getManager(),
        MODEL.getBlock(),
        "best_of_logits",
        Torch.argument(logits),
        IValue.from(COLUMNS));
  }

  /**
   * Returns mean and variance of the log-probabilities of all ids, weighted by their probabilities:
   * {@code m = sum p ln p} in nats and {@code sum p (ln p - m)²} in nats squared, each of shape
   * (N). What has a probability below the smallest of float32 counts as 0, even where its logarithm
   * is minus infinity.
   *
   * @param logits shape (N, vocabulary)
   */
  public static NDArray[] moments(NDArray logits) {
    return Torch.callForList(
        logits.getManager(),
        MODEL.getBlock(),
        "moments",
        Torch.argument(logits),
        IValue.from(MOMENT_ROWS));
  }
}
