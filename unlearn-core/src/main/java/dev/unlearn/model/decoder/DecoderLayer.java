package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.TorchOps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One block: causal self-attention and a feed-forward layer, each after a norm, each added. */
final class DecoderLayer {
  private final int width;
  private final int headCount;
  private final double attentionScale;
  private final Activation activation;
  private final LayerNorm attentionNorm;
  private final List<Linear> qkv;
  private final Linear attentionOut;
  private final LayerNorm innerNorm;
  private final Linear up;
  private final Linear down;

  DecoderLayer(Weights weights, String name, DecoderSpec spec, LayerSpec layer) {
    width = spec.width();
    headCount = spec.headCount();
    attentionScale = layer.attentionScale();
    activation = spec.activation();
    attentionNorm = new LayerNorm(weights, name + ".attention.norm", width, spec.normEpsilon());
    LinearLayout layout = spec.linearLayout();
    boolean bias = spec.qkvBias();
    String attention = name + ".attention.";
    qkv =
        spec.fusedQkv()
            ? List.of(new Linear(weights, attention + "qkv", width, 3 * width, bias, layout))
            : List.of(
                new Linear(weights, attention + "query", width, width, bias, layout),
                new Linear(weights, attention + "key", width, width, bias, layout),
                new Linear(weights, attention + "value", width, width, bias, layout));
    attentionOut = new Linear(weights, attention + "out", width, width, true, layout);
    innerNorm = new LayerNorm(weights, name + ".inner.norm", width, spec.normEpsilon());
    up = new Linear(weights, name + ".inner.up", width, spec.innerWidth(), true, layout);
    down = new Linear(weights, name + ".inner.down", spec.innerWidth(), width, true, layout);
  }

  /**
   * Maps hidden states of shape (B, L, width) to the same shape. Handles of intermediate arrays are
   * closed at once; what the backward pass needs lives on in its graph.
   *
   * @param window boolean (L, L), true where attention is allowed; null for plain causal attention
   */
  NDArray apply(NDArray x, @Nullable NDArray window) {
    try (NDScope scope = Scopes.open()) {
      NDArray attended = x.add(attention(attentionNorm.apply(x), window));
      NDArray inner = down.apply(activation.apply(up.apply(innerNorm.apply(attended))));
      NDArray result = attended.add(inner);
      NDScope.unregister(result);
      return result;
    }
  }

  private NDArray attention(NDArray x, @Nullable NDArray window) {
    NDList parts = new NDList();
    if (qkv.size() == 1) {
      parts.addAll(qkv.get(0).apply(x).split(3, 2));
    } else {
      qkv.forEach(projection -> parts.add(projection.apply(x)));
    }
    NDArray q = heads(parts.get(0));
    NDArray k = heads(parts.get(1));
    NDArray v = heads(parts.get(2));
    NDArray mixed =
        window == null
            ? TorchOps.get().attention(q, k, v, attentionScale)
            : TorchOps.get().attention(q, k, v, window, attentionScale); // (B, heads, L, D)
    return attentionOut.apply(mixed.transpose(0, 2, 1, 3).reshape(x.getShape()));
  }

  private NDArray heads(NDArray x) {
    long rows = x.getShape().get(0);
    long length = x.getShape().get(1);
    return x.reshape(new Shape(rows, length, headCount, width / headCount)).transpose(0, 2, 1, 3);
  }
}
