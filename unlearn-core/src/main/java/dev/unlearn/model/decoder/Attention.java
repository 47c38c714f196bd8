package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Causal self-attention of one block. */
final class Attention {
  private final int index;
  private final DecoderSpec spec;
  private final List<Linear> qkv;
  private final @Nullable Norm queryNorm;
  private final @Nullable Norm keyNorm;
  private final Linear out;

  Attention(Weights weights, String name, DecoderSpec spec, int index) {
    this.index = index;
    this.spec = spec;
    int queries = spec.headCount() * spec.headWidth();
    int keys = spec.keyValueHeadCount() * spec.headWidth();
    qkv =
        spec.qkvLayout() == QkvLayout.SEPARATE
            ? List.of(
                projection(weights, name + ".query", queries),
                projection(weights, name + ".key", keys),
                projection(weights, name + ".value", keys))
            : List.of(projection(weights, name + ".qkv", 3 * queries));
    queryNorm = headNorm(weights, name + ".query.norm");
    keyNorm = headNorm(weights, name + ".key.norm");
    out =
        new Linear(
            weights,
            name + ".out",
            queries,
            spec.width(),
            spec.attentionOutBias(),
            spec.linearLayout());
  }

  private Linear projection(Weights weights, String name, int outputs) {
    return new Linear(weights, name, spec.width(), outputs, spec.qkvBias(), spec.linearLayout());
  }

  private @Nullable Norm headNorm(Weights weights, String name) {
    return spec.qkNorm() ? new Norm(weights, name, spec.headWidth(), spec.norm()) : null;
  }

  /** Maps (B, L, width) to (B, L, width). */
  NDArray apply(NDArray x, Positions positions) {
    List<NDArray> heads = heads(x, positions.products()); // each (B, heads, L, headWidth)
    NDArray q = positions.turn(normed(queryNorm, heads.get(0)));
    NDArray k = positions.turn(normed(keyNorm, heads.get(1)));
    NDArray mixed = positions.attend(index, q, k, heads.get(2));
    long queries = (long) spec.headCount() * spec.headWidth();
    Shape shape = new Shape(x.getShape().get(0), x.getShape().get(1), queries);
    return positions.products().linear(mixed.transpose(0, 2, 1, 3).reshape(shape), out);
  }

  private static NDArray normed(@Nullable Norm norm, NDArray x) {
    return norm == null ? x : norm.apply(x);
  }

  /** Queries, keys and values, each of shape (B, heads, L, headWidth). */
  private List<NDArray> heads(NDArray x, Products products) {
    Stream<NDArray> split =
        switch (spec.qkvLayout()) {
          case SEPARATE ->
              products.linears(x, qkv.get(0), qkv.get(1), qkv.get(2)).stream().map(this::split);
          case FUSED -> products.linear(x, qkv.get(0)).split(3, 2).stream().map(this::split);
          case FUSED_BY_HEAD ->
              split(products.linear(x, qkv.get(0)), 3 * spec.headWidth()).split(3, 3).stream();
        };
    return split.map(part -> part.transpose(0, 2, 1, 3)).toList();
  }

  private NDArray split(NDArray x) {
    return split(x, spec.headWidth());
  }

  private static NDArray split(NDArray x, int headWidth) {
    return x.reshape(new Shape(x.getShape().get(0), x.getShape().get(1), -1, headWidth));
  }
}
