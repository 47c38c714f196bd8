package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;

/** What scoring reads from logits in one call. Results can only be read; no gradients. */
public final class ScoringOps {
  private static final String METHODS =
      """
        def chosen(self: __torch__.Ops,
          logits: Tensor,
          rows: Tensor,
          ids: Tensor,
          span: int) -> List[Tensor]:
          places = torch.add(torch.mul(rows, torch.size(logits, 1)), ids)
          return [torch.take(torch.log_softmax(logits, 1), places), (self).best(logits, span, )]
        def best(self: __torch__.Ops,
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

  /**
   * The highest of as many logits is found first, and then the one of them: an operator that finds
   * a value reads several numbers at once, one that finds a place does not.
   */
  private static final long SPAN = 512;

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
        "chosen",
        Torch.argument(logits),
        Torch.argument(rows),
        Torch.argument(ids),
        IValue.from(SPAN));
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
