package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;

/** What scoring reads from logits in one call. Results can only be read; no gradients. */
public final class ScoringOps {
  private static final String METHODS =
      """
        def chosen(self: __torch__.Ops,
          logits: Tensor,
          rows: Tensor,
          ids: Tensor) -> List[Tensor]:
          places = torch.add(torch.mul(rows, torch.size(logits, 1)), ids)
          sums = torch.index_select(torch.logsumexp(logits, [1]), 0, rows)
          return [torch.sub(torch.take(logits, places), sums), torch.argmax(logits, 1)]
        def moments(self: __torch__.Ops,
          logits: Tensor) -> List[Tensor]:
          all = torch.clamp(torch.log_softmax(logits, 1), -200.)
          p = torch.exp(all)
          mean = torch.sum(torch.mul(p, all), [1], True)
          deviation = torch.sub_(all, mean)
          variance = torch.sum(torch.mul_(p, torch.mul_(deviation, deviation)), [1])
          return [torch.squeeze(mean, 1), variance]
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL = OpsArchive.load("unlearn-scoring", OpsArchive.bytes(METHODS));

  private ScoringOps() {}

  /**
   * Looks at rows of logits; one row may be looked at for several ids.
   *
   * @param logits shape (N, vocabulary)
   * @param rows int64 of shape (n), in [0, N)
   * @param ids int64 of shape (n)
   * @return log-probabilities {@code logits[rows[i], ids[i]] - logsumexp(logits[rows[i]])}, in
   *     nats, of shape (n); the id of the highest logit of each row, the lowest id at a tie, int64
   *     of shape (N)
   */
  public static NDArray[] chosen(NDArray logits, NDArray rows, NDArray ids) {
    return Torch.callForList(
        logits.getManager(),
        MODEL.getBlock(),
        "chosen",
        Torch.argument(logits),
        Torch.argument(rows),
        Torch.argument(ids));
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
        logits.getManager(), MODEL.getBlock(), "moments", Torch.argument(logits));
  }
}
