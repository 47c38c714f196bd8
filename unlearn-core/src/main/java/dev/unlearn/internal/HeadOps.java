package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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
 * one, {@code dz = g (1[y] - p) s}, so {@code dh = g (s_y W_y - (s p) W)} and {@code dW = g (s_y h
 * at y - (s p)ᵀ h)}: two products with p itself, and no pass over the logits.
 */
public final class HeadOps {
  private static final String METHODS =
      """
        def forward_rows(self: __torch__.Ops,
          states: Tensor,
          weight: Tensor,
          bias: List[Tensor],
          ids: Tensor,
          cap: float) -> List[Tensor]:
          if torch.gt(torch.len(bias), 0):
            logits = torch.addmm(bias[0], states, torch.t(weight))
          else:
            logits = torch.mm(states, torch.t(weight))
          index = torch.unsqueeze(ids, 1)
          if torch.gt(cap, 0.):
            slopes = torch.tanh_(torch.div_(logits, cap))
            capped = torch.mul(slopes, cap)
            _0 = torch.add_(torch.neg_(torch.square_(slopes)), 1.)
            chosen = torch.gather(capped, 1, index)
            slope = torch.gather(slopes, 1, index)
            highest = torch.amax(capped, [1], True)
            p = torch.softmax(capped, 1)
            top = torch.amax(p, [1], True)
            _1 = torch.mul_(p, slopes)
          else:
            chosen = torch.gather(logits, 1, index)
            slope = torch.ones_like(chosen)
            highest = torch.amax(logits, [1], True)
            p = torch.softmax(logits, 1)
            top = torch.amax(p, [1], True)
          normalizer = torch.sub(highest, torch.log(top))
          return [torch.squeeze(torch.sub(chosen, normalizer), 1), p, slope]
        def states_gradient(self: __torch__.Ops,
          gradient: Tensor,
          p: Tensor,
          slope: Tensor,
          weight: Tensor,
          ids: Tensor) -> Tensor:
          column = torch.unsqueeze(gradient, 1)
          result = torch.mul_(torch.mm(p, weight), torch.neg(column))
          return torch.addcmul_(result, torch.index_select(weight, 0, ids), torch.mul(column, slope))
        def add_weight_gradient(self: __torch__.Ops,
          weight: List[Tensor],
          bias: List[Tensor],
          gradient: Tensor,
          p: Tensor,
          slope: Tensor,
          states: Tensor,
          ids: Tensor) -> Tensor:
          if torch.gt(torch.len(weight), 0):
            scaled = torch.mul(states, torch.unsqueeze(gradient, 1))
            _0 = torch.addmm_(weight[0], torch.t(p), scaled, beta=1, alpha=-1)
            _1 = torch.index_add_(weight[0], 0, ids, torch.mul(scaled, slope))
          if torch.gt(torch.len(bias), 0):
            _2 = torch.sub_(bias[0], torch.mv(torch.t(p), gradient))
            _3 = torch.index_add_(bias[0], 0, ids, torch.mul(gradient, torch.squeeze(slope, 1)))
          return gradient
        def put_rows(self: __torch__.Ops,
          target: Tensor,
          places: Tensor,
          rows: Tensor) -> Tensor:
          return torch.index_copy_(target, 0, places, rows)
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL = OpsArchive.load("unlearn-head", OpsArchive.bytes(METHODS));

  private HeadOps() {}

  /** What the way back needs; it can only be read. */
  public static final class Rows {
    private final NDArray logProbabilities;
    private final NDArray p;
    private final NDArray slope;

    private Rows(NDArray[] results) {
      logProbabilities = results[0];
      p = results[1];
      slope = results[2];
    }

    /** Returns the log-probabilities of the ids, in nats, shape (N). */
    public NDArray logProbabilities() {
      return logProbabilities;
    }

    /** Takes what the way back needs out of the present scope. */
    public void unregister() {
      NDScope.unregister(p, slope);
    }

    /** Frees what the way back needs; the log-probabilities stay. */
    public void closeRest() {
      p.close();
      slope.close();
    }
  }

  /**
   * Computes log-probabilities.
   *
   * @param states h, shape (N, width)
   * @param weight W, shape (vocabulary, width)
   * @param bias b, shape (vocabulary)
   * @param cap 0 for none
   * @param ids y, int64 of shape (N)
   * @return in the manager of the states
   */
  public static Rows forward(
      NDArray states, NDArray weight, @Nullable NDArray bias, double cap, NDArray ids) {
    return new Rows(
        Torch.callForList(
            states.getManager(),
            MODEL.getBlock(),
            "forward_rows",
            Torch.argument(states),
            Torch.argument(weight),
            optional(bias),
            Torch.argument(ids),
            IValue.from(cap)));
  }

  /**
   * Returns the gradient of the states, shape (N, width), in the manager of the gradient.
   *
   * @param gradient g, of each log-probability, shape (N)
   */
  public static NDArray statesGradient(NDArray gradient, Rows rows, NDArray weight, NDArray ids) {
    NDManager manager = gradient.getManager();
    return Torch.call(
        manager, MODEL.getBlock(), "states_gradient", gradient, rows.p, rows.slope, weight, ids);
  }

  /**
   * Adds to the gradients of weight and bias, in place.
   *
   * @param weightGradient shape (vocabulary, width), or null where there is none
   * @param biasGradient shape (vocabulary), or null where there is none
   * @param gradient g, of each log-probability, shape (N)
   */
  public static void addWeightGradient(
      @Nullable NDArray weightGradient,
      @Nullable NDArray biasGradient,
      NDArray gradient,
      Rows rows,
      NDArray states,
      NDArray ids) {
    Torch.callInPlace(
        MODEL.getBlock(),
        "add_weight_gradient",
        optional(weightGradient),
        optional(biasGradient),
        Torch.argument(gradient),
        Torch.argument(rows.p),
        Torch.argument(rows.slope),
        Torch.argument(states),
        Torch.argument(ids));
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
