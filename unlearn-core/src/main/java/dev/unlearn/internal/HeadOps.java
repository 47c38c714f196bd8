package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * The way from hidden states to log-probabilities and back, by hand: {@code z = W h + b}, or {@code
 * cap tanh(z / cap)} of it, and {@code ln softmax(z)[y]}. Called with gradients off: outside
 * autograd, which would keep all logits and compute a gradient of each, of their exponentials and
 * of their logarithms.
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
          room: Tensor,
          states: Tensor,
          matrix: Tensor,
          bias: Tensor,
          ids: Tensor,
          cap: float,
          dtype: int) -> Tensor:
          size = torch.size(matrix, 1)
          q = torch.slice(room, 1, 0, size)
          if torch.eq(dtype, 6):
            _0 = torch.mm(states, matrix, out=q)
          else:
            _1 = torch.copy_(q, torch.mm(torch.to(states, dtype), matrix))
          if torch.gt(torch.numel(bias), 0):
            _2 = torch.add_(q, bias)
          index = torch.unsqueeze(ids, 1)
          if torch.gt(cap, 0.):
            _3 = torch.mul_(torch.tanh_(torch.div_(q, cap)), cap)
            slope = torch.rsub(torch.square_(torch.div(q, cap)), 1.)
          else:
            slope = bias
          chosen = torch.gather(q, 1, index)
          highest = torch.amax(q, [1], True)
          _7 = torch.fill_(torch.slice(room, 1, size), float("-inf"))
          _4 = torch.softmax(room, 1, None, out=room)
          top = torch.amax(q, [1], True)
          value = torch.add(torch.sub(chosen, highest), torch.log(top))
          _5 = torch.scatter_add_(q, 1, index, torch.full_like(chosen, -1.))
          if torch.gt(cap, 0.):
            _6 = torch.mul_(q, slope)
          return torch.squeeze(value, 1)
        def room(self: __torch__.Ops,
          memory: Tensor,
          kept: int,
          begin: int,
          end: int) -> Tensor:
          if torch.le(end, kept):
            result = torch.slice(memory, 0, begin, end)
          else:
            result = torch.slice(memory, 0, kept, torch.add(kept, torch.sub(end, begin)))
          return result
        def count(self: __torch__.Ops,
          ids: Tensor,
          rows: int) -> int:
          return torch.floordiv(torch.add(torch.size(ids, 0), torch.sub(rows, 1)), rows)
        def forward_rows(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: Tensor,
          ids: Tensor,
          memory: Tensor,
          cap_number: Tensor,
          dtype_number: Tensor,
          rows_number: Tensor,
          kept_number: Tensor) -> Tensor:
          cap = float(cap_number)
          dtype = int(dtype_number)
          rows = int(rows_number)
          kept = int(kept_number)
          matrix = torch.t(torch.to(weight, dtype))
          values = annotate(List[Tensor], [])
          for i in range((self).count(ids, rows, )):
            begin = torch.mul(i, rows)
            end = ops.prim.min(torch.add(begin, rows), torch.size(ids, 0))
            some = torch.slice(states, 0, begin, end)
            y = torch.slice(ids, 0, begin, end)
            q = (self).room(memory, kept, begin, end, )
            _0 = torch.append(values, (self).piece(q, some, matrix, bias, y, cap, dtype, ))
          return torch.cat(values)
        def backward_rows(self: __torch__.Ops,
          gradient: Tensor,
          states: Tensor,
          weight: Tensor,
          bias: Tensor,
          ids: Tensor,
          memory: Tensor,
          weight_gradient: Tensor,
          bias_gradient: Tensor,
          cap_number: Tensor,
          dtype_number: Tensor,
          rows_number: Tensor,
          kept_number: Tensor) -> Tensor:
          cap = float(cap_number)
          dtype = int(dtype_number)
          rows = int(rows_number)
          kept = int(kept_number)
          halves = torch.to(weight, dtype)
          parts = annotate(List[Tensor], [])
          for i in range((self).count(ids, rows, )):
            begin = torch.mul(i, rows)
            end = ops.prim.min(torch.add(begin, rows), torch.size(ids, 0))
            some = torch.slice(states, 0, begin, end)
            y = torch.slice(ids, 0, begin, end)
            g = torch.slice(gradient, 0, begin, end)
            column = torch.neg(torch.unsqueeze(g, 1))
            exact = (self).room(memory, kept, begin, end, )
            if torch.gt(end, kept):
              _9 = (self).piece(exact, some, torch.t(halves), bias, y, cap, dtype, )
            q = torch.slice(torch.to(exact, dtype), 1, 0, torch.size(weight, 0))
            _0 = torch.append(parts, torch.mul_(torch.to(torch.mm(q, halves), 6), column))
            if torch.gt(torch.numel(weight_gradient), 0):
              scaled = torch.to(torch.mul(some, column), dtype)
              if torch.eq(dtype, 6):
                _1 = torch.addmm_(weight_gradient, torch.t(q), scaled, beta=1, alpha=1)
              else:
                _2 = torch.add_(weight_gradient, torch.mm(torch.t(q), scaled), alpha=1)
            if torch.gt(torch.numel(bias_gradient), 0):
              _3 = torch.sub_(bias_gradient, torch.mv(torch.t(q), torch.to(g, dtype)), alpha=1)
          return torch.cat(parts)
        def put_rows(self: __torch__.Ops,
          target: Tensor,
          places: Tensor,
          rows: Tensor) -> Tensor:
          return torch.index_copy_(target, 0, places, rows)
      """;

  private static final OpsModule MODULE = new OpsModule("unlearn-head", OpsArchive.bytes(METHODS));

  /** Values that fill whole lines of a cache, in 16 bits, too. */
  private static final long LINE = 32;

  /** Values of a page of memory. */
  private static final long PAGE = 1024;

  private HeadOps() {}

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

  /**
   * How the rows are gone through.
   *
   * @param operands of the products, here and on the way back; sums are float32
   * @param rows of a piece
   * @param keptRows how many rows' q may stay for the way back; the others will be computed again,
   *     a piece at a time
   */
  public record Cut(Operands operands, long rows, long keptRows) {

    /** Returns how many of so many rows' q stay: all, or whole pieces. */
    private long kept(long count) {
      return keptRows >= count ? count : keptRows / rows * rows;
    }

    /** Returns how many rows' q are in memory at once. */
    public long inMemory(long count) {
      return kept(count) + Math.min(rows, count - kept(count));
    }

    private double[] numbers(OutputMatrix head, long count) {
      return new double[] {head.cap(), operands.code, rows, kept(count)};
    }
  }

  /** Log-probabilities, and what the way back needs. */
  public static final class Forward {
    private final NDArray states;
    private final NDArray ids;
    private final Cut cut;
    private final HeadMemory memory;
    private final NDArray probabilities;
    private final NDArray logProbabilities;

    private Forward(
        NDArray states,
        NDArray ids,
        Cut cut,
        HeadMemory memory,
        NDArray probabilities,
        NDArray logProbabilities) {
      this.states = states;
      this.ids = ids;
      this.cut = cut;
      this.memory = memory;
      this.probabilities = probabilities;
      this.logProbabilities = logProbabilities;
    }

    /** Returns the log-probabilities of the ids, in nats, shape (N). */
    public NDArray logProbabilities() {
      return logProbabilities;
    }

    /** Gives back what the way back needs. */
    public void close() {
      memory.giveBack(probabilities);
    }
  }

  /**
   * Computes log-probabilities in pieces.
   *
   * @param states h, shape (N, width)
   * @param ids y, int64 of shape (N), at least one
   * @param memory of q
   * @return in the manager of the states
   */
  public static Forward forward(
      OutputMatrix head, NDArray states, NDArray ids, Cut cut, HeadMemory memory) {
    long count = ids.size();
    long columns = columns(head.weight().getShape().get(0));
    NDArray q = memory.take(states.getManager(), cut.inMemory(count), columns);
    NDArray values =
        MODULE.call(
            "forward_rows",
            cut.numbers(head, count),
            states,
            head.weight(),
            OpsModule.orNone(head.bias()),
            ids,
            q);
    return new Forward(states, ids, cut, memory, q, values);
  }

  /**
   * Returns how many columns a row of q has in memory. Products write rows faster that begin with a
   * cache line, but not all at the same place of a page, where they would displace each other.
   */
  private static long columns(long vocabulary) {
    long columns = (vocabulary + LINE - 1) / LINE * LINE;
    return columns % PAGE == 0 ? columns + LINE : columns;
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
      OutputMatrix head,
      Forward forward,
      NDArray gradient,
      @Nullable NDArray weightGradient,
      @Nullable NDArray biasGradient) {
    return MODULE.call(
        "backward_rows",
        forward.cut.numbers(head, forward.ids.size()),
        gradient,
        forward.states,
        head.weight(),
        OpsModule.orNone(head.bias()),
        forward.ids,
        forward.probabilities,
        OpsModule.orNone(weightGradient),
        OpsModule.orNone(biasGradient));
  }

  /** Writes rows into their places of an array, which are all different. */
  public static void put(NDArray target, NDArray places, NDArray rows) {
    MODULE.call("put_rows", target, places, rows).close();
  }
}
