package dev.unlearn.internal;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.Collections;
import java.util.List;

/**
 * Changes of whole lists of arrays in one call, in place, outside autograd. Lists of one call go
 * together element by element.
 */
public final class OptimizerOps {
  private static final String METHODS =
      """
        def clip(self: __torch__.Ops,
          gradients: List[Tensor],
          max_norm: float) -> Tensor:
          norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients)))
          factor = torch.clamp(torch.mul(torch.reciprocal(torch.add(norm, 1e-06)), max_norm), None, 1.)
          torch._foreach_mul_(gradients, factor)
          return factor
        def scale(self: __torch__.Ops,
          arrays: List[Tensor],
          factor: float) -> Tensor:
          torch._foreach_mul_(arrays, factor)
          return arrays[0]
        def sgd(self: __torch__.Ops,
          parameters: List[Tensor],
          gradients: List[Tensor],
          velocities: List[Tensor],
          rate: float,
          momentum: float,
          nesterov: bool) -> Tensor:
          torch._fused_sgd_(parameters, gradients, velocities, weight_decay=0., momentum=momentum, lr=rate, dampening=0., nesterov=nesterov, maximize=False, is_first_step=False)
          return parameters[0]
        def adam(self: __torch__.Ops,
          parameters: List[Tensor],
          gradients: List[Tensor],
          means: List[Tensor],
          variances: List[Tensor],
          steps: List[Tensor],
          rate: float,
          beta1: float,
          beta2: float,
          epsilon: float,
          weight_decay: float) -> Tensor:
          none = annotate(List[Tensor], [])
          torch._fused_adamw_(parameters, gradients, means, variances, none, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)
          return parameters[0]
        def adafactor(self: __torch__.Ops,
          parameters: List[Tensor],
          gradients: List[Tensor],
          variances: List[Tensor],
          step: Tensor,
          rate: float) -> Tensor:
          newest = torch.pow(step, -0.8)
          for i in range(torch.len(parameters)):
            squares = torch.add(torch.square(gradients[i]), 1e-30)
            _0 = torch.lerp_(variances[i], squares, newest)
            change = torch.mul(gradients[i], torch.rsqrt(variances[i]))
            _1 = (self).adafactor_step(parameters[i], change, step, rate, )
          return step
        def factored_adafactor(self: __torch__.Ops,
          parameters: List[Tensor],
          gradients: List[Tensor],
          rows: List[Tensor],
          columns: List[Tensor],
          step: Tensor,
          rate: float) -> Tensor:
          newest = torch.pow(step, -0.8)
          for i in range(torch.len(parameters)):
            squares = torch.add(torch.square(gradients[i]), 1e-30)
            row = torch.lerp_(rows[i], torch.mean(squares, [-1], True), newest)
            column = torch.lerp_(columns[i], torch.mean(squares, [-2], True), newest)
            relative = torch.div(row, torch.mean(row, [-2], True))
            scales = torch.mul(torch.rsqrt(relative), torch.rsqrt(column))
            _0 = (self).adafactor_step(parameters[i], torch.mul_(scales, gradients[i]), step, rate, )
          return step
        def adafactor_step(self: __torch__.Ops,
          parameter: Tensor,
          change: Tensor,
          step: Tensor,
          rate: float) -> Tensor:
          relative = torch.clamp(torch.rsqrt(step), None, rate)
          length = torch.mul(relative, torch.clamp((self).root_mean_square(parameter, ), 0.001, None))
          excess = torch.clamp((self).root_mean_square(change, ), 1., None)
          return torch.sub_(parameter, torch.mul_(change, torch.div(length, excess)))
        def root_mean_square(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return torch.sqrt(torch.mean(torch.square(x)))
        def extrapolate(self: __torch__.Ops,
          x: Tensor,
          origin: Tensor,
          factor: float) -> Tensor:
          here = torch.to(origin, x, False, False)
          _0 = torch.sub_(x, here)
          _1 = torch.mul_(x, factor)
          return torch.add_(x, here)
      """;

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private static final Model MODEL =
      OpsArchive.load("unlearn-optimizers", OpsArchive.bytes(METHODS));

  private OptimizerOps() {}

  /**
   * Scales gradients so that their L2 norm, over all elements of all arrays, is at most {@code
   * maxNorm}: {@code g ← g min(1, maxNorm / (‖g‖ + 1e-6))}.
   */
  public static void clip(List<NDArray> gradients, double maxNorm) {
    call("clip", Torch.arguments(gradients), IValue.from(maxNorm));
  }

  /** {@code x ← factor x}. */
  public static void scale(List<NDArray> arrays, double factor) {
    call("scale", Torch.arguments(arrays), IValue.from(factor));
  }

  /**
   * Gradient descent: {@code v ← μ v + g; θ ← θ − η v}, or with Nesterov {@code θ ← θ − η (g + μ
   * v)}.
   *
   * @param velocities zeros before the first call; none for a momentum of 0
   */
  public static void sgd(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> velocities,
      double rate,
      double momentum,
      boolean nesterov) {
    call(
        "sgd",
        Torch.arguments(parameters),
        Torch.arguments(gradients),
        Torch.arguments(velocities),
        IValue.from(rate),
        IValue.from(momentum),
        IValue.from(nesterov));
  }

  /**
   * One Adam update, bias-corrected, epsilon added to the root of the corrected second moment,
   * after parameters have shrunk by {@code η λ} of their value.
   *
   * @param means zeros before the first call
   * @param variances as means
   * @param step float32 of shape (), the number of this update, counted from 1
   * @param weightDecay λ; 0 for none
   */
  public static void adam(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> means,
      List<NDArray> variances,
      NDArray step,
      double rate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay) {
    call(
        "adam",
        Torch.arguments(parameters),
        Torch.arguments(gradients),
        Torch.arguments(means),
        Torch.arguments(variances),
        Torch.arguments(Collections.nCopies(parameters.size(), step)),
        IValue.from(rate),
        IValue.from(beta1),
        IValue.from(beta2),
        IValue.from(epsilon),
        IValue.from(weightDecay));
  }

  /**
   * One Adafactor update of parameters whose squared gradients are remembered whole: vectors. See
   * {@code Optimizers.adafactor}.
   *
   * @param variances zeros before the first call
   * @param step float32 of shape (), the number of this update, counted from 1
   */
  public static void adafactor(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> variances,
      NDArray step,
      double rate) {
    call(
        "adafactor",
        Torch.arguments(parameters),
        Torch.arguments(gradients),
        Torch.arguments(variances),
        Torch.argument(step),
        IValue.from(rate));
  }

  /**
   * Does the same for parameters of shape (…, n, m), of whose squared gradients means are
   * remembered.
   *
   * @param rows shape (…, n, 1)
   * @param columns shape (…, 1, m)
   */
  public static void factoredAdafactor(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> rows,
      List<NDArray> columns,
      NDArray step,
      double rate) {
    call(
        "factored_adafactor",
        Torch.arguments(parameters),
        Torch.arguments(gradients),
        Torch.arguments(rows),
        Torch.arguments(columns),
        Torch.argument(step),
        IValue.from(rate));
  }

  /** {@code x ← o + factor (x − o)}; the origin o may be on another device. */
  public static void extrapolate(NDArray x, NDArray origin, double factor) {
    call("extrapolate", Torch.argument(x), Torch.argument(origin), IValue.from(factor));
  }

  private static void call(String method, IValue... arguments) {
    Torch.callInPlace(MODEL.getBlock(), method, arguments);
  }
}
