package dev.unlearn.model.decoder;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.Scopes;
import org.jspecify.annotations.Nullable;

/**
 * One block: attention and a feed-forward layer, normed and added as the {@link BlockForm} says.
 */
final class DecoderLayer {
  private final BlockForm form;
  private final Norm attentionNorm;
  private final Attention attention;
  private final @Nullable Norm afterAttentionNorm;
  private final @Nullable Norm innerNorm;
  private final FeedForward inner;
  private final @Nullable Norm afterInnerNorm;

  DecoderLayer(Weights weights, DecoderSpec spec, int index) {
    form = spec.blockForm();
    String name = "layers." + index;
    boolean afterToo = form == BlockForm.PRE_AND_POST_NORM;
    attentionNorm = norm(weights, name + ".attention.norm", spec);
    attention = new Attention(weights, name + ".attention", spec, index);
    afterAttentionNorm = afterToo ? norm(weights, name + ".attention.after", spec) : null;
    innerNorm =
        form == BlockForm.PARALLEL_ONE_NORM ? null : norm(weights, name + ".inner.norm", spec);
    inner = new FeedForward(weights, name + ".inner", spec);
    afterInnerNorm = afterToo ? norm(weights, name + ".inner.after", spec) : null;
  }

  private static Norm norm(Weights weights, String name, DecoderSpec spec) {
    return new Norm(weights, name, spec.width(), spec.norm());
  }

  /**
   * Maps hidden states of shape (B, L, width) to the same shape. Handles of intermediate arrays are
   * closed at once; what the backward pass needs lives on in its graph.
   */
  NDArray apply(NDArray x, Positions positions) {
    try (NDScope scope = Scopes.open()) {
      NDArray result = run(x, positions);
      NDScope.unregister(result);
      return result;
    }
  }

  private NDArray run(NDArray x, Positions positions) {
    Products products = positions.products();
    return switch (form) {
      case PRE_NORM -> {
        NDArray attended = x.add(attention.apply(attentionNorm.apply(x), positions));
        yield attended.add(inner.apply(verifyNotNull(innerNorm).apply(attended), products));
      }
      case POST_NORM -> {
        NDArray attended = attentionNorm.apply(x.add(attention.apply(x, positions)));
        yield verifyNotNull(innerNorm).apply(attended.add(inner.apply(attended, products)));
      }
      case PRE_AND_POST_NORM -> {
        NDArray mixed = attention.apply(attentionNorm.apply(x), positions);
        NDArray attended = x.add(verifyNotNull(afterAttentionNorm).apply(mixed));
        NDArray fed = inner.apply(verifyNotNull(innerNorm).apply(attended), products);
        yield attended.add(verifyNotNull(afterInnerNorm).apply(fed));
      }
      case PARALLEL -> {
        NDArray mixed = attention.apply(attentionNorm.apply(x), positions);
        yield inner.apply(verifyNotNull(innerNorm).apply(x), products).add(mixed).add(x);
      }
      case PARALLEL_ONE_NORM -> {
        NDArray normed = attentionNorm.apply(x);
        yield attention.apply(normed, positions).add(inner.apply(normed, products)).add(x);
      }
    };
  }
}
