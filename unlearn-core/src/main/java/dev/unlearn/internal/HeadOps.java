package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.IValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way from hidden states to log-probabilities and back, by hand: {@code z = W h + b}, or {@code
 * cap tanh(z / cap)} of it, and {@code ln softmax(z)[y]}. Outside autograd, which would keep all
 * logits and compute a gradient of each, of their exponentials and of their logarithms.
 *
 * <p>With p the softmax, g the gradient of a log-probability and s the slope of the cap, 1 without
 * one, {@code dz = -g q} with {@code q = (p - 1[y]) s}, so {@code dh = -g (q W)} and {@code dW =
 * -qᵀ (g h)}: two products with q, and no pass over the logits. What is subtracted before a product
 * cannot cancel after it, where operands are rounded.
 */
public final class HeadOps {
  private static final String METHODS =
      """
        def piece(self: __torch__.Ops,
          states: Tensor,
          matrix: Tensor,
          bias: List[Tensor],
          ids: Tensor,
          cap: float,
          dtype: int) -> List[Tensor]:
          logits = torch.to(torch.mm(torch.to(states, dtype), matrix), 6)
          if torch.gt(torch.len(bias), 0):
            _0 = torch.add_(logits, bias[0])
          index = torch.unsqueeze(ids, 1)
          if torch.gt(cap, 0.):
            _1 = torch.mul_(torch.tanh_(torch.div_(logits, cap)), cap)
          chosen = torch.gather(logits, 1, index)
          highest = torch.amax(logits, [1], True)
          q = torch.softmax(logits, 1)
          normalizer = torch.sub(highest, torch.log(torch.amax(q, [1], True)))
          _2 = torch.scatter_add_(q, 1, index, torch.full_like(chosen, -1.))
          if torch.gt(cap, 0.):
            slopes = torch.rsub(torch.square_(torch.div_(logits, cap)), 1.)
            _3 = torch.mul_(q, slopes)
          return [torch.squeeze(torch.sub(chosen, normalizer), 1), q]
        def count(self: __torch__.Ops,
          ids: Tensor,
          rows: int) -> int:
          return torch.floordiv(torch.add(torch.size(ids, 0), torch.sub(rows, 1)), rows)
        def forward_rows(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: List[Tensor],
          ids: Tensor,
          cap: float,
          dtype: int,
          rows: int,
          kept: int) -> List[Tensor]:
          matrix = torch.t(torch.to(weight, dtype))
          values = annotate(List[Tensor], [])
          result = annotate(List[Tensor], [])
          for i in range((self).count(ids, rows, )):
            begin = torch.mul(i, rows)
            end = torch.add(begin, rows)
            some = torch.slice(states, 0, begin, end)
            y = torch.slice(ids, 0, begin, end)
            piece = (self).piece(some, matrix, bias, y, cap, dtype, )
            _0 = torch.append(values, piece[0])
            if torch.lt(i, kept):
              _1 = torch.append(result, piece[1])
          _2 = torch.append(result, torch.cat(values))
          return result
        def backward_rows(self: __torch__.Ops,
          gradient: Tensor,
          states: Tensor,
          weight: Tensor,
          bias: List[Tensor],
          ids: Tensor,
          cap: float,
          dtype: int,
          rows: int,
          kept: List[Tensor],
          weight_gradient: List[Tensor],
          bias_gradient: List[Tensor]) -> Tensor:
          halves = torch.to(weight, dtype)
          parts = annotate(List[Tensor], [])
          for i in range((self).count(ids, rows, )):
            begin = torch.mul(i, rows)
            end = torch.add(begin, rows)
            some = torch.slice(states, 0, begin, end)
            y = torch.slice(ids, 0, begin, end)
            g = torch.slice(gradient, 0, begin, end)
            column = torch.neg(torch.unsqueeze(g, 1))
            if torch.lt(i, torch.len(kept)):
              q = torch.to(kept[i], dtype)
            else:
              q = torch.to((self).piece(some, torch.t(halves), bias, y, cap, dtype, )[1], dtype)
            _0 = torch.append(parts, torch.mul_(torch.to(torch.mm(q, halves), 6), column))
            if torch.gt(torch.len(weight_gradient), 0):
              scaled = torch.to(torch.mul(some, column), dtype)
              if torch.eq(dtype, 6):
                _1 = torch.addmm_(weight_gradient[0], torch.t(q), scaled, beta=1, alpha=1)
              else:
                _2 = torch.add_(weight_gradient[0], torch.mm(torch.t(q), scaled), alpha=1)
            if torch.gt(torch.len(bias_gradient), 0):
              _3 = torch.sub_(bias_gradient[0], torch.mv(torch.t(q), torch.to(g, dtype)), alpha=1)
          return torch.cat(parts)
        def put_rows(self: __torch__.Ops,
          target: Tensor,
          places: Tensor,
          rows: Tensor) -> Tensor:
          return torch.index_copy_(target, 0, places, rows)
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL = OpsArchive.load("unlearn-head", OpsArchive.bytes(METHODS));

  private HeadOps() {}

  /**
   * A head.
   *
   * @param weight W, shape (vocabulary, width)
   * @param bias b, shape (vocabulary)
   * @param cap 0 for none
   */
  public record Head(NDArray weight, @Nullable NDArray bias, double cap) {}

  /** The numbers that operands of products are rounded to. */
  public enum Operands {
    /** As they are. */
    FLOAT32(6),
    /** bfloat16. */
    BFLOAT16(15),
    /** IEEE half. */
    FLOAT16(5);

    private final long code;

    Operands(long code) {
      this.code = code;
    }
  }

  /** Log-probabilities, and what the way back needs. All of it can only be read. */
  public static final class Forward {
    private final NDArray states;
    private final NDArray ids;
    private final long rows;
    private final Operands operands;
    private final NDArray logProbabilities;
    private final List<NDArray> kept;

    private Forward(
        NDArray states, NDArray ids, long rows, Operands operands, List<NDArray> results) {
      this.states = states;
      this.ids = ids;
      this.rows = rows;
      this.operands = operands;
      kept = results.subList(0, results.size() - 1);
      logProbabilities = results.get(kept.size());
    }

    /** Returns the log-probabilities of the ids, in nats, shape (N). */
    public NDArray logProbabilities() {
      return logProbabilities;
    }

    /** Takes what the way back needs out of the present scope. */
    public void unregister() {
      kept.forEach(NDScope::unregister);
    }

    /** Frees what the way back needs. */
    public void close() {
      kept.forEach(NDArray::close);
    }
  }

  /**
   * Computes log-probabilities in pieces.
   *
   * @param states h, shape (N, width)
   * @param ids y, int64 of shape (N), at least one
   * @param operands of the products, here and on the way back; sums are float32
   * @param rows of a piece
   * @param kept how many pieces leave their probabilities for the way back; the others will be
   *     computed again
   * @return in the manager of the states
   */
  public static Forward forward(
      Head head, NDArray states, NDArray ids, Operands operands, long rows, long kept) {
    NDArray[] results =
        Torch.callForList(
            states.getManager(),
            MODEL.getBlock(),
            "forward_rows",
            Torch.argument(states),
            Torch.argument(head.weight),
            optional(head.bias),
            Torch.argument(ids),
            IValue.from(head.cap),
            IValue.from(operands.code),
            IValue.from(rows),
            IValue.from(kept));
    return new Forward(states, ids, rows, operands, List.of(results));
  }

  /**
   * Adds to the gradients of weight and bias, in place.
   *
   * @param gradient g, of each log-probability, shape (N)
   * @param weightGradient shape (vocabulary, width), or null where none is wanted
   * @param biasGradient shape (vocabulary), or null where none is wanted
   * @return the gradient of the states, shape (N, width), in the manager of {@code gradient}
   */
  public static NDArray backward(
      Head head,
      Forward forward,
      NDArray gradient,
      @Nullable NDArray weightGradient,
      @Nullable NDArray biasGradient) {
    return Torch.call(
        gradient.getManager(),
        MODEL.getBlock(),
        "backward_rows",
        Torch.argument(gradient),
        Torch.argument(forward.states),
        Torch.argument(head.weight),
        optional(head.bias),
        Torch.argument(forward.ids),
        IValue.from(head.cap),
        IValue.from(forward.operands.code),
        IValue.from(forward.rows),
        Torch.arguments(forward.kept),
        optional(weightGradient),
        optional(biasGradient));
  }

  /** Writes rows into their places of an array, which are all different. */
  public static void put(NDArray target, NDArray places, NDArray rows) {
    Torch.callInPlace(
        MODEL.getBlock(),
        "put_rows",
        Torch.argument(target),
        Torch.argument(places),
        Torch.argument(rows));
  }

  private static IValue optional(@Nullable NDArray array) {
    return Torch.arguments(array == null ? List.of() : List.of(array));
  }
}
