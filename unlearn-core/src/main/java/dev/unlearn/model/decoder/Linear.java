package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer whose matrix keeps the checkpoint's layout. While it is only decoded with, it may
 * have a second one in the layout that the machine multiplies fastest. It may have an addition of
 * low rank, which then is part of all it computes.
 *
 * @hidden not API
 */
public final class Linear {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final LinearLayout layout;
  private @Nullable NDArray packed;
  private @Nullable LowRank addition;

  Linear(
      Weights weights, String name, int inputs, int outputs, boolean hasBias, LinearLayout layout) {
    Shape shape =
        layout == LinearLayout.OUT_IN ? new Shape(outputs, inputs) : new Shape(inputs, outputs);
    this.layout = layout;
    weight = weights.matrix(name + ".weight", shape);
    bias = hasBias ? weights.bias(name + ".bias", outputs) : null;
    weights.has(name, this);
  }

  /** Creates a layer on parameters that are declared; the weight's shape is (outputs, inputs). */
  Linear(Parameter weight, @Nullable Parameter bias) {
    this.weight = weight;
    this.bias = bias;
    layout = LinearLayout.OUT_IN;
  }

  /** Returns how the matrix lies. */
  public LinearLayout layout() {
    return layout;
  }

  /** Returns the width of what it takes. */
  public long inputs() {
    return weight.getShape().get(layout == LinearLayout.OUT_IN ? 1 : 0);
  }

  /** Returns the width of what it gives. */
  public long outputs() {
    return weight.getShape().get(layout == LinearLayout.OUT_IN ? 0 : 1);
  }

  /** Returns the matrix in its layout; it stays this layer's. */
  public NDArray weight() {
    return weight.getArray();
  }

  @Nullable NDArray bias() {
    return bias == null ? null : bias.getArray();
  }

  @Nullable LowRank addition() {
    return addition;
  }

  /** Maps (N, inputs) to (N, outputs), in float32. */
  NDArray apply(NDArray x) {
    NDArray product = product(x);
    if (addition == null) {
      return product;
    }
    NDArray sum =
        TorchOps.get().addLowRank(product, x, addition.a(), addition.b(), addition.scale());
    product.close(); // the graph, if there is one, holds what it needs
    return sum;
  }

  private NDArray product(NDArray x) {
    NDArray offset = bias();
    if (packed != null) {
      return PackedLinears.apply(x, packed, offset);
    }
    if (layout == LinearLayout.OUT_IN) {
      return ai.djl.nn.core.Linear.linear(x, weight(), offset).singletonOrThrow();
    }
    NDArray product = x.matMul(weight());
    return offset == null ? product : product.add(offset);
  }

  /** Returns how many values the matrix has. */
  long size() {
    return weight().size();
  }

  /** Copies the matrix as it is now; until {@link #unpack} only the copy is used. */
  void pack(NDManager manager) {
    if (layout == LinearLayout.OUT_IN) {
      packed = PackedLinears.pack(manager, weight());
      return;
    }
    try (NDScope scope = Scopes.open()) {
      packed = PackedLinears.pack(manager, weight().transpose());
    }
  }

  boolean isPacked() {
    return packed != null;
  }

  void unpack() {
    packed = null;
  }

  /** Returns whether there is an addition. */
  public boolean isAdapted() {
    return addition != null;
  }

  /** Returns by what an adapter's part is multiplied, where there is one that is not merged. */
  public OptionalDouble scale() {
    return addition == null ? OptionalDouble.empty() : OptionalDouble.of(addition.scale());
  }

  /**
   * Adds something to all results, until {@link #plain}.
   *
   * @param value its arrays stay the caller's
   */
  public void adapt(LowRank value) {
    checkState(addition == null, "a linear layer can have one addition at a time");
    addition = value;
  }

  /** Adds what another layer adds, with other arrays in the place of its own. */
  void adaptLike(Linear other, UnaryOperator<NDArray> arrays) {
    LowRank value = other.addition;
    if (value != null) {
      adapt(new LowRank(arrays.apply(value.a()), arrays.apply(value.b()), value.scale()));
    }
  }

  /** Takes the addition away, if there is one. */
  public void plain() {
    addition = null;
  }

  /** Adds to the matrix, in place, what an addition would add to results. */
  public void merge(LowRank value) {
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDScope scope = Scopes.open()) {
      NDArray b = TorchOps.get().scale(value.b(), value.scale());
      NDArray product =
          layout == LinearLayout.OUT_IN
              ? b.matMul(value.a())
              : value.a().transpose().matMul(b.transpose());
      weight().addi(product);
    }
  }
}
