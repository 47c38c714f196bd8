package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;

/**
 * What objectives compute in one call, with gradients, in float32 and float64. What a call makes on
 * the way, for logits arrays of shape (…, V), is freed in it, but for what the gradient takes.
 *
 * <p>Results belong to the manager of the first argument. Reference logits, targets and weights get
 * no gradient.
 */
public final class ObjectiveOps {
  private static final String METHODS =
      """
        def scale(self: __torch__.Ops,
          x: Tensor,
          factor: Tensor) -> Tensor:
          return torch.mul(x, float(factor))
        def log_sigmoid(self: __torch__.Ops,
          x: Tensor,
          slope: Tensor,
          shift: Tensor,
          factor: Tensor) -> Tensor:
          return torch.mul(torch.log_sigmoid(torch.add(torch.mul(x, float(slope)), float(shift))), float(factor))
        def sigmoid(self: __torch__.Ops,
          x: Tensor,
          slope: Tensor,
          shift: Tensor,
          factor: Tensor) -> Tensor:
          return torch.mul(torch.sigmoid(torch.add(torch.mul(x, float(slope)), float(shift))), float(factor))
        def reweighted(self: __torch__.Ops,
          x: Tensor,
          own: Tensor,
          other: Tensor) -> Tensor:
          fixed = torch.detach(x)
          rest = torch.clamp_min(torch.neg(torch.expm1(fixed)), 0.)
          weight = torch.mul(torch.exp(torch.mul(fixed, float(own))), torch.pow(rest, float(other)))
          return torch.mul(weight, x)
        def cross_entropy(self: __torch__.Ops,
          x: Tensor,
          target: Tensor) -> Tensor:
          q = torch.softmax(target, -1)
          return torch.sub(torch.logsumexp(x, [-1]), torch.sum(torch.mul(q, x), [-1]))
        def cross_entropy_without(self: __torch__.Ops,
          x: Tensor,
          ids: Tensor) -> Tensor:
          target = torch.scatter(torch.detach(x), -1, torch.unsqueeze(ids, -1), float("-inf"))
          return (self).cross_entropy(x, target, )
        def cross_entropy_to_lowered(self: __torch__.Ops,
          x: Tensor,
          reference: Tensor,
          ids: Tensor,
          beta: Tensor) -> Tensor:
          index = torch.unsqueeze(ids, -1)
          lowered = torch.sub(torch.gather(reference, -1, index), float(beta))
          return (self).cross_entropy(x, torch.scatter(reference, -1, index, lowered), )
        def divergence(self: __torch__.Ops,
          x: Tensor,
          reference: Tensor) -> Tensor:
          q = torch.softmax(reference, -1)
          gap = torch.sum(torch.mul(q, torch.sub(reference, x)), [-1])
          return torch.add(gap, torch.sub(torch.logsumexp(x, [-1]), torch.logsumexp(reference, [-1])))
        def inverted_hinge(self: __torch__.Ops,
          x: Tensor,
          ids: Tensor) -> Tensor:
          index = torch.unsqueeze(ids, -1)
          others = torch.scatter(torch.detach(x), -1, index, float("-inf"))
          best = torch.argmax(others, -1, True)
          both = torch.gather(x, -1, torch.cat([index, best], -1))
          p = torch.exp(torch.sub(both, torch.unsqueeze(torch.logsumexp(x, [-1]), -1)))
          return torch.add(torch.sub(torch.select(p, -1, 0), torch.select(p, -1, 1)), 1.)
        def peak(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return torch.pow(torch.sub(torch.amax(x, [-1]), torch.mean(x, [-1])), 2)
        def mean_square(self: __torch__.Ops,
          x: Tensor,
          target: Tensor) -> Tensor:
          return torch.mean(torch.pow(torch.sub(x, target), 2), [-1])
      """;

  private static final OpsModule MODULE =
      new OpsModule("unlearn-objectives", OpsArchive.bytes(METHODS));

  private ObjectiveOps() {}

  /** {@code factor x}; same shape. Unlike {@link NDArray#mul(Number)} it needs no Java memory. */
  public static NDArray scale(NDArray x, double factor) {
    return call("scale", numbers(factor), x);
  }

  /** {@code factor ln σ(slope x + shift)}; same shape. */
  public static NDArray logSigmoid(NDArray x, double slope, double shift, double factor) {
    return call("log_sigmoid", numbers(slope, shift, factor), x);
  }

  /** {@code factor σ(slope x + shift)}; same shape. */
  public static NDArray sigmoid(NDArray x, double slope, double shift, double factor) {
    return call("sigmoid", numbers(slope, shift, factor), x);
  }

  /**
   * {@code p^own (1 - p)^other ln p} for given {@code ln p}; same shape. The weight in front gets
   * no gradient, so that all is finite at {@code p = 1}.
   */
  public static NDArray reweighted(NDArray logProbabilities, double own, double other) {
    return call("reweighted", numbers(own, other), logProbabilities);
  }

  /**
   * {@code -Σ_v q_v ln p_v}, where p is the softmax of the logits and q the same without one id,
   * without gradient.
   *
   * @param logits shape (…, V)
   * @param ids what is left out, int64 of shape (…)
   * @return shape (…)
   */
  public static NDArray crossEntropyWithout(NDArray logits, NDArray ids) {
    return call("cross_entropy_without", numbers(), logits, ids);
  }

  /**
   * {@code -Σ_v q_v ln p_v}, where p is the softmax of the logits and q that of reference logits,
   * of which one is lowered by beta.
   *
   * @param logits shape (…, V)
   * @param reference shape (…, V)
   * @param ids what is lowered, int64 of shape (…)
   * @return shape (…)
   */
  public static NDArray crossEntropyToLowered(
      NDArray logits, NDArray reference, NDArray ids, double beta) {
    return call("cross_entropy_to_lowered", numbers(beta), logits, reference, ids);
  }

  /**
   * {@code KL(q || p) = Σ_v q_v ln(q_v / p_v)}, where p is the softmax of the logits and q that of
   * reference logits.
   *
   * @param logits shape (…, V)
   * @param reference shape (…, V)
   * @return shape (…), in nats
   */
  public static NDArray divergence(NDArray logits, NDArray reference) {
    return call("divergence", numbers(), logits, reference);
  }

  /**
   * {@code 1 + p_y - max over v ≠ y of p_v}, where p is the softmax of the logits.
   *
   * @param logits shape (…, V), V at least 2
   * @param ids y, int64 of shape (…)
   * @return shape (…), in [0, 2]
   */
  public static NDArray invertedHinge(NDArray logits, NDArray ids) {
    return call("inverted_hinge", numbers(), logits, ids);
  }

  /**
   * {@code (max_v z_v - mean_v z_v)²}.
   *
   * @param logits z, shape (…, V)
   * @return shape (…)
   */
  public static NDArray peak(NDArray logits) {
    return call("peak", numbers(), logits);
  }

  /**
   * {@code mean_d (x_d - target_d)²} over the last axis.
   *
   * @param x shape (…, width)
   * @param target the same shape, or (width)
   * @return shape (…)
   */
  public static NDArray meanSquare(NDArray x, NDArray target) {
    return call("mean_square", numbers(), x, target);
  }

  private static double[] numbers(double... numbers) {
    return numbers;
  }

  private static NDArray call(String method, double[] numbers, NDArray... arrays) {
    return MODULE.call(method, numbers, arrays);
  }
}
