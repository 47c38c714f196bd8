package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import com.google.errorprone.annotations.Immutable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products of float32 arrays whose operands are rounded to 16 bits, with gradients. Sums are
 * kept in float32 inside the kernels, results are float32 again. What is kept for the backward pass
 * are the 16-bit operands, and products there have 16-bit operands too.
 *
 * <p>Arrays of 16 bits exist inside the operators only. Results belong to the manager of the first
 * argument.
 */
@Immutable
public final class MixedOps {
  /** bfloat16: 8 significant bits, the range of float32. */
  public static final MixedOps BFLOAT16 = new MixedOps(15);

  /** IEEE half: 11 significant bits, up to 65,504; less than 6e-8 becomes 0. */
  public static final MixedOps FLOAT16 = new MixedOps(5);

  /** {@code x Φ(x)}, an activation of {@link #feedForward}. */
  public static final int GELU = 0;

  /** Gelu in its tanh form. */
  public static final int GELU_TANH = 1;

  /** {@code max(0, x)}. */
  public static final int RELU = 2;

  /** {@code x sigmoid(x)}. */
  public static final int SILU = 3;

  private static final String METHODS =
      """
        def product(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          bias: Tensor,
          dtype: int,
          transposed: bool) -> Tensor:
          halves = torch.to(weight, dtype)
          if transposed:
            matrix = torch.t(halves)
          else:
            matrix = halves
          if torch.gt(torch.numel(bias), 0):
            result = torch.linear(x, matrix, torch.to(bias, dtype))
          else:
            result = torch.linear(x, matrix, None)
          return result
        def low_rank(self: __torch__.Ops,
          x: Tensor,
          a: Tensor,
          b: Tensor,
          dtype: int) -> Tensor:
          return torch.linear(torch.linear(x, torch.to(a, dtype)), torch.to(b, dtype))
        def inner(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          bias: Tensor,
          a: Tensor,
          b: Tensor,
          dtype: int,
          transposed: bool,
          scale: float) -> Tensor:
          y = (self).product(x, weight, bias, dtype, transposed, )
          if torch.gt(torch.numel(a), 0):
            result = torch.add(y, (self).low_rank(x, a, b, dtype, ), alpha=scale)
          else:
            result = y
          return result
        def outer(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          bias: Tensor,
          a: Tensor,
          b: Tensor,
          dtype: int,
          transposed: bool,
          scale: float) -> Tensor:
          y = torch.to((self).product(x, weight, bias, dtype, transposed, ), 6)
          if torch.gt(torch.numel(a), 0):
            result = torch.add_(y, torch.to((self).low_rank(x, a, b, dtype, ), 6), alpha=scale)
          else:
            result = y
          return result
        def linear(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          bias: Tensor,
          a: Tensor,
          b: Tensor,
          dtype: Tensor,
          transposed: Tensor,
          scale: Tensor) -> Tensor:
          half = int(dtype)
          return (self).outer(torch.to(x, half), weight, bias, a, b, half, bool(transposed), float(scale), )
        def three_linears(self: __torch__.Ops,
          x: Tensor,
          weight1: Tensor,
          bias1: Tensor,
          a1: Tensor,
          b1: Tensor,
          weight2: Tensor,
          bias2: Tensor,
          a2: Tensor,
          b2: Tensor,
          weight3: Tensor,
          bias3: Tensor,
          a3: Tensor,
          b3: Tensor,
          dtype: Tensor,
          transposed: Tensor,
          scale1: Tensor,
          scale2: Tensor,
          scale3: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
          half = int(dtype)
          turned = bool(transposed)
          h = torch.to(x, half)
          y1 = (self).outer(h, weight1, bias1, a1, b1, half, turned, float(scale1), )
          y2 = (self).outer(h, weight2, bias2, a2, b2, half, turned, float(scale2), )
          y3 = (self).outer(h, weight3, bias3, a3, b3, half, turned, float(scale3), )
          return (y1, y2, y3)
        def activate(self: __torch__.Ops,
          x: Tensor,
          activation: int) -> Tensor:
          if torch.eq(activation, 0):
            result = torch.gelu(x)
          else:
            if torch.eq(activation, 1):
              result1 = torch.gelu(x, approximate="tanh")
            else:
              if torch.eq(activation, 2):
                result2 = torch.relu(x)
              else:
                result2 = torch.silu(x)
              result1 = result2
            result = result1
          return result
        def feed_forward(self: __torch__.Ops,
          x: Tensor,
          up: Tensor,
          up_bias: Tensor,
          up_a: Tensor,
          up_b: Tensor,
          gate: Tensor,
          gate_bias: Tensor,
          gate_a: Tensor,
          gate_b: Tensor,
          down: Tensor,
          down_bias: Tensor,
          down_a: Tensor,
          down_b: Tensor,
          dtype: Tensor,
          transposed: Tensor,
          up_scale: Tensor,
          gate_scale: Tensor,
          down_scale: Tensor,
          activation: Tensor) -> Tensor:
          half = int(dtype)
          turned = bool(transposed)
          kind = int(activation)
          h = torch.to(x, half)
          y = (self).inner(h, up, up_bias, up_a, up_b, half, turned, float(up_scale), )
          if torch.gt(torch.numel(gate), 0):
            g = (self).inner(h, gate, gate_bias, gate_a, gate_b, half, turned, float(gate_scale), )
            z = torch.mul((self).activate(g, kind, ), y)
          else:
            z = (self).activate(y, kind, )
          return (self).outer(z, down, down_bias, down_a, down_b, half, turned, float(down_scale), )
        def attention(self: __torch__.Ops,
          q: Tensor,
          k: Tensor,
          v: Tensor,
          mask: Tensor,
          dtype: Tensor,
          scale: Tensor,
          cap: Tensor) -> Tensor:
          half = int(dtype)
          queries = torch.to(q, half)
          keys = (self).like_heads(torch.to(k, half), q, )
          values = (self).like_heads(torch.to(v, half), q, )
          if torch.gt(float(cap), 0.):
            scores = torch.to(torch.matmul(queries, torch.transpose(keys, -2, -1)), 6)
            limit = float(cap)
            capped = torch.mul(torch.tanh(torch.mul(scores, torch.div(float(scale), limit))), limit)
            allowed = torch.masked_fill(capped, torch.logical_not(mask), float("-inf"))
            mixed = torch.matmul(torch.to(torch.softmax(allowed, -1), half), values)
          else:
            if torch.gt(torch.numel(mask), 0):
              mixed1 = torch.scaled_dot_product_attention(queries, keys, values, mask, 0., False, scale=float(scale))
            else:
              mixed1 = torch.scaled_dot_product_attention(queries, keys, values, None, 0., True, scale=float(scale))
            mixed = mixed1
          return torch.to(mixed, 6)
      """;

  private static final OpsModule MODULE =
      new OpsModule("unlearn-mixed", OpsArchive.bytes(METHODS + OpsArchive.LIKE_HEADS));

  private final int type;

  private MixedOps(int type) {
    this.type = type;
  }

  /**
   * A linear layer: {@code x Wᵀ + bias + scale (x aᵀ) bᵀ}.
   *
   * @param weight shape (outputs, inputs), or the other way round where a call says so
   * @param bias shape (outputs)
   * @param a shape (rank, inputs); null without b, as for no addition
   * @param b shape (outputs, rank)
   */
  public record Layer(
      NDArray weight,
      @Nullable NDArray bias,
      @Nullable NDArray a,
      @Nullable NDArray b,
      double scale) {}

  /**
   * Applies a linear layer.
   *
   * @param x shape (…, inputs)
   * @param transposed whether the weight's shape is (inputs, outputs)
   * @return shape (…, outputs)
   */
  public NDArray linear(NDArray x, Layer layer, boolean transposed) {
    double[] numbers = {type, transposed ? 1 : 0, layer.scale()};
    return MODULE.call("linear", numbers, arguments(x, layer));
  }

  /** Applies three linear layers to the same; x is kept for the backward pass once. */
  public List<NDArray> linears(
      NDArray x, Layer first, Layer second, Layer third, boolean transposed) {
    double[] numbers = {type, transposed ? 1 : 0, first.scale(), second.scale(), third.scale()};
    return MODULE.callForList("three_linears", numbers, arguments(x, first, second, third));
  }

  /**
   * {@code down(activation(up(x)))}, or with a gate {@code down(activation(gate(x)) up(x))}. What
   * lies between the layers is of 16 bits, computed in float32.
   *
   * @param activation {@link #GELU} and its neighbors
   */
  public NDArray feedForward(
      NDArray x, Layer up, @Nullable Layer gate, Layer down, boolean transposed, int activation) {
    Layer gateOrNone = gate == null ? new Layer(OpsModule.orNone(null), null, null, null, 0) : gate;
    double[] numbers = {
      type, transposed ? 1 : 0, up.scale(), gateOrNone.scale(), down.scale(), activation
    };
    return MODULE.call("feed_forward", numbers, arguments(x, up, gateOrNone, down));
  }

  /**
   * Attention as {@link TorchOps#attention} computes it. The softmax is float32, its result an
   * operand of 16 bits; scores are float32, or with a cap rounded to 16 bits once.
   */
  public NDArray attention(
      NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, double scale, double cap) {
    double[] numbers = {type, scale, cap};
    return MODULE.call("attention", numbers, q, k, v, OpsModule.orNone(mask));
  }

  private static NDArray[] arguments(NDArray x, Layer... layers) {
    NDArray[] arguments = new NDArray[1 + 4 * layers.length];
    arguments[0] = x;
    int next = 1;
    for (Layer layer : layers) {
      arguments[next++] = layer.weight();
      arguments[next++] = OpsModule.orNone(layer.bias());
      arguments[next++] = OpsModule.orNone(layer.a());
      arguments[next++] = OpsModule.orNone(layer.b());
    }
    return arguments;
  }
}
