package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch operators that DJL does not expose, with gradients, through a TorchScript module of some
 * 2 kB that is written by Java and loaded once per process. Thread-safe.
 *
 * <p>Results belong to the manager of the first argument. Arguments must not have names with dots:
 * DJL would pass them as dictionaries.
 */
public final class TorchOps {
  private static final TorchOps INSTANCE = new TorchOps();

  /** Held, because a model that nobody holds is closed by its finalizer. */
  private final Model model;

  private final NDManager scalars;
  private final ParameterStore store;
  private final Map<String, NDArray> tags = new HashMap<>();
  private final Map<Double, NDArray> numbers = Collections.synchronizedMap(new HashMap<>());

  private TorchOps() {
    model = Model.newInstance("unlearn-ops", Torch.ENGINE);
    try {
      model.load(new ByteArrayInputStream(OpsArchive.bytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot load the operator module", e);
    } catch (MalformedModelException e) {
      throw new IllegalStateException("the engine refused the operator module", e);
    }
    scalars = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
    store = new ParameterStore(scalars, false);
    for (String method :
        List.of("attention", "masked_attention", "gelu_tanh", "token_log_probabilities")) {
      NDArray tag = outlivingScopes(scalars.create(0f));
      tag.setName("module_method:" + method);
      tags.put(method, tag);
    }
  }

  /** Returns the operators. */
  public static TorchOps get() {
    return INSTANCE;
  }

  /**
   * Causal scaled-dot-product attention: {@code softmax(scale q kᵀ + causal mask) v}.
   *
   * @param q queries of shape (B, heads, L, width)
   * @param k keys, as q
   * @param v values, as q
   * @return shape (B, heads, L, width)
   */
  public NDArray attention(NDArray q, NDArray k, NDArray v, double scale) {
    return call("attention", q, k, v, number(scale));
  }

  /**
   * Scaled-dot-product attention where {@code mask} is true.
   *
   * @param mask boolean, of shape (L, L) or broadcastable to (B, heads, L, L)
   */
  public NDArray attention(NDArray q, NDArray k, NDArray v, NDArray mask, double scale) {
    return call("masked_attention", q, k, v, mask, number(scale));
  }

  /** Gelu in its tanh form, GPT-2's {@code gelu_new}; same shape. */
  public NDArray geluTanh(NDArray x) {
    return call("gelu_tanh", x);
  }

  /**
   * Log-probabilities of chosen ids: {@code logits[i, ids[i]] - logsumexp(logits[i])}, in nats.
   *
   * @param logits shape (N, vocabulary)
   * @param ids int64 of shape (N)
   * @return shape (N)
   */
  public NDArray tokenLogProbabilities(NDArray logits, NDArray ids) {
    return call("token_log_probabilities", logits, ids);
  }

  /**
   * Copies values into arrays of the same shapes, in place. {@link NDArray#copyTo} does not write
   * into the target's memory on PyTorch: it makes the target look into a buffer of the Java heap's
   * keeping, so that views of it keep old values and may outlive what they look into.
   */
  public void copy(List<NDArray> sources, List<NDArray> targets) {
    Torch.callInPlace(model.getBlock(), "copy", List.of(targets, sources));
  }

  /** Returns the L2 norm over all elements of all arrays. */
  public double norm(NDManager manager, List<NDArray> arrays) {
    try (NDArray result = manager.zeros(new Shape())) {
      Torch.callInPlace(model.getBlock(), "norm", List.of(arrays), result);
      return result.getFloat();
    }
  }

  /**
   * One Adam update of all parameters in place, bias-corrected, epsilon added to the root of the
   * corrected second moment (Kingma and Ba, arXiv 1412.6980, with PyTorch's placement of epsilon).
   *
   * @param step float32 of shape (), the number of this update, counted from 1
   */
  public void adam(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> means,
      List<NDArray> variances,
      NDArray step,
      double rate,
      double beta1,
      double beta2,
      double epsilon) {
    Torch.callInPlace(
        model.getBlock(),
        "adam",
        List.of(
            parameters, gradients, means, variances, Collections.nCopies(parameters.size(), step)),
        number(rate),
        number(beta1),
        number(beta2),
        number(epsilon));
  }

  private NDArray call(String method, NDArray... arguments) {
    NDList inputs = new NDList(arguments);
    inputs.add(tags.get(method));
    return model.getBlock().forward(store, inputs, true).singletonOrThrow();
  }

  /** A float64 scalar in host memory: the operators read it without waiting for a device. */
  private NDArray number(double value) {
    return numbers.computeIfAbsent(value, number -> outlivingScopes(scalars.create(number)));
  }

  /** Keeps an array that is first needed inside somebody's scope from being closed with it. */
  private static NDArray outlivingScopes(NDArray array) {
    NDScope.unregister(array);
    return array;
  }
}
