package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import org.jspecify.annotations.Nullable;

/** What goes into the first layer: a row per token, and one per place where places are learned. */
final class Embeddings {
  private final DecoderSpec spec;
  private final Parameter tokens;
  private final @Nullable Parameter positions;
  private final @Nullable Linear projection;

  Embeddings(Weights weights, DecoderSpec spec) {
    this.spec = spec;
    int width = spec.width();
    int inside = spec.embeddingWidth();
    tokens = weights.matrix("embedding.token.weight", new Shape(spec.vocabularySize(), inside));
    Shape places = new Shape(spec.contextLength() + spec.positionOffset(), width);
    positions =
        spec.rotary().isPresent() ? null : weights.matrix("embedding.position.weight", places);
    projection =
        inside == width
            ? null
            : new Linear(weights, "embedding.in", inside, width, false, spec.linearLayout());
  }

  /** Returns the table of tokens, which the head may share. */
  Parameter tokens() {
    return tokens;
  }

  /** Returns whether rows of an array are looked up here. */
  boolean isTable(NDArray array) {
    return array == tokens.getArray() || (positions != null && array == positions.getArray());
  }

  /**
   * Returns hidden states of shape (B, L, width), out of the present scope.
   *
   * @param ids int64 of shape (B, L)
   * @param places int64, of the shape of ids or (L)
   */
  NDArray apply(Products products, NDArray ids, NDArray places) {
    try (NDScope scope = Scopes.open()) {
      NDArray x = lookUp(ids, tokens);
      if (spec.embeddingScale() != 1) {
        x = TorchOps.get().scale(x, spec.embeddingScale());
      }
      if (projection != null) {
        x = products.linear(x, projection);
      }
      if (positions != null) {
        NDArray rows = spec.positionOffset() == 0 ? places : places.add(spec.positionOffset());
        x = x.add(lookUp(rows, positions));
      }
      NDScope.unregister(x); // (B, L, width)
      return x;
    }
  }

  /**
   * In host memory the gradient of a table is sparse, so that only rows of the batch are touched:
   * added to a dense one, which therefore must be there first. Not every device has sparse arrays.
   */
  private static NDArray lookUp(NDArray ids, Parameter parameter) {
    NDArray table = parameter.getArray();
    boolean sparse = Devices.isHost(table.getDevice());
    if (sparse && Torch.gradientsAreOn() && Torch.requiresGradient(table)) {
      TorchOps.get().gradient(table).close();
    }
    SparseFormat format = sparse ? SparseFormat.COO : SparseFormat.DENSE;
    return Embedding.embedding(ids, table, format).singletonOrThrow();
  }
}
