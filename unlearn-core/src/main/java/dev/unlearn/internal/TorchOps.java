package dev.unlearn.internal;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch operators that DJL does not expose, with gradients, through a TorchScript module that is
 * written by Java and loaded once per process. Thread-safe.
 *
 * <p>Results belong to the manager of the first argument. Arguments must not have names with dots:
 * DJL would pass them as dictionaries.
 */
public final class TorchOps {
  private static final TorchOps INSTANCE = new TorchOps();

  private final OpsModule module = new OpsModule("unlearn-ops", OpsArchive.bytes());
  private final Map<Double, NDArray> numbers = Collections.synchronizedMap(new HashMap<>());

  private TorchOps() {}

  /** Returns the operators. */
  public static TorchOps get() {
    return INSTANCE;
  }

  /**
   * Scaled-dot-product attention: {@code softmax(cap tanh(scale q kᵀ / cap)) v} where allowed.
   *
   * @param q queries of shape (B, heads, L, width)
   * @param k keys of shape (B, key heads, K, width); each head serves as many query heads, in order
   * @param v values, as k
   * @param mask boolean, true where attention is allowed, broadcastable to (B, heads, L, K); null
   *     for causal attention, with K = L
   * @param cap 0 for none; with a cap the mask must be given
   * @return shape (B, heads, L, width)
   */
  public NDArray attention(
      NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, double scale, double cap) {
    if (mask == null) {
      checkArgument(cap == 0, "attention with a cap must have a mask");
      return module.call("attention", q, k, v, number(scale));
    }
    return cap == 0
        ? module.call("masked_attention", q, k, v, mask, number(scale))
        : module.call("capped_attention", q, k, v, mask, number(scale), number(cap));
  }

  /** {@code cap tanh(x / cap)}; same shape. */
  public NDArray softCap(NDArray x, double cap) {
    return module.call("soft_cap", x, number(cap));
  }

  /**
   * Turns pairs of elements, i and i + R / 2 for the first R elements of the last axis: {@code (x_i
   * cos - x_j sin, x_j cos + x_i sin)}.
   *
   * @param x shape (B, heads, L, width)
   * @param cosines shape (L, R), or (B, 1, L, R); its halves are equal
   * @param sines as cosines
   * @return the shape of x
   */
  public NDArray rotate(NDArray x, NDArray cosines, NDArray sines) {
    return module.call("rotate", x, cosines, sines);
  }

  /** {@code (offset + weight) x / sqrt(mean(x²) + epsilon)} over the last axis; same shape. */
  public NDArray rmsNorm(NDArray x, NDArray weight, double offset, double epsilon) {
    return module.call("rms_norm", x, weight, number(offset), number(epsilon));
  }

  /** Gelu in its tanh form, GPT-2's {@code gelu_new}; same shape. */
  public NDArray geluTanh(NDArray x) {
    return module.call("gelu_tanh", x);
  }

  /** {@code x sigmoid(x)}; same shape. */
  public NDArray silu(NDArray x) {
    return module.call("silu", x);
  }

  /**
   * {@code factor x}; same shape. Unlike {@link NDArray#mul(Number)} it leaves nothing in the graph
   * that depends on Java's memory: there the number is an array over a Java buffer, which may be
   * gone, and its bytes be something else, before the backward pass reads it.
   */
  public NDArray scale(NDArray x, double factor) {
    return module.call("scale", x, number(factor));
  }

  /**
   * {@code y + scale (x aᵀ) bᵀ}. Several operations in one call could become a graph of TorchScript
   * that, with gradients off, too, keeps {@code x} for a way back, and what inference mode made
   * cannot be kept.
   *
   * @param y shape (…, outputs)
   * @param x shape (…, inputs)
   * @param a shape (rank, inputs)
   * @param b shape (outputs, rank)
   * @return the shape of y
   */
  public NDArray addLowRank(NDArray y, NDArray x, NDArray a, NDArray b, double scale) {
    try (NDArray low = Linear.linear(x, a).singletonOrThrow();
        NDArray product = Linear.linear(low, b).singletonOrThrow()) {
      return module.call("add_scaled", y, product, number(scale));
    }
  }

  /**
   * Log-probabilities of chosen ids: {@code logits[i, ids[i]] - logsumexp(logits[i])}, in nats.
   *
   * @param logits shape (N, vocabulary)
   * @param ids int64 of shape (N)
   * @return shape (N)
   */
  public NDArray tokenLogProbabilities(NDArray logits, NDArray ids) {
    return module.call("token_log_probabilities", logits, ids);
  }

  /**
   * Copies values into arrays of the same shapes, in place. {@link NDArray#copyTo} does not write
   * into the target's memory on PyTorch: it makes the target look into a buffer of the Java heap's
   * keeping, so that views of it keep old values and may outlive what they look into.
   */
  public void copy(List<NDArray> sources, List<NDArray> targets) {
    Torch.callInPlace(module.block(), "copy", List.of(targets, sources));
  }

  /** Lets two arrays of the same shape change their values, in place; takes memory for a third. */
  public void swap(NDArray one, NDArray other) {
    Torch.callInPlace(module.block(), "swap", List.of(), one, other);
  }

  /** Returns those leaves that have no memory for a gradient yet: nothing went back to them. */
  public List<NDArray> withoutGradient(Collection<NDArray> leaves) {
    return leaves.stream().filter(leaf -> !hasGradient(leaf)).toList();
  }

  /**
   * Returns a leaf's gradient, zeros if it has none yet, to be added to in place. It is a handle
   * that the caller closes.
   */
  public NDArray gradient(NDArray leaf) {
    if (!hasGradient(leaf)) {
      // A gradient of zeros that was handed in would be copied; one that backward makes is taken.
      try (NDArray first = module.call("first", leaf);
          NDArray zeros = first.zerosLike()) {
        Torch.backward(first, zeros);
      }
    }
    return leaf.getGradient();
  }

  /** Returns whether a leaf has memory for a gradient: something went back to it. */
  public boolean hasGradient(NDArray leaf) {
    return tells("has_gradient", leaf);
  }

  /** Returns whether something trained is behind an array, so that it can be sent backward. */
  public boolean isTrained(NDArray array) {
    return tells("is_trained", array);
  }

  private boolean tells(String method, NDArray array) {
    try (NDArray result = module.scalars().zeros(new Shape())) {
      Torch.callInPlace(module.block(), method, List.of(), result, array);
      return result.getFloat() != 0;
    }
  }

  /** Returns the L2 norm over all elements of all arrays. */
  public double norm(NDManager manager, List<NDArray> arrays) {
    try (NDArray result = manager.zeros(new Shape())) {
      Torch.callInPlace(module.block(), "norm", List.of(arrays), result);
      return HostValues.number(result);
    }
  }

  Block module() {
    return module.block();
  }

  /** A float64 scalar in host memory: the operators read it without waiting for a device. */
  private NDArray number(double value) {
    return numbers.computeIfAbsent(value, this::newNumber);
  }

  /** Kept from being closed with somebody's scope. */
  private NDArray newNumber(double value) {
    NDArray number = module.scalars().create(value);
    NDScope.unregister(number);
    return number;
  }
}
