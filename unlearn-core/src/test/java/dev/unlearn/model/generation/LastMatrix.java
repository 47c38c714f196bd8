package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.core.Linear;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Values;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The last matrix of a network that has nothing before it. */
final class LastMatrix implements DecodableNetwork {
  final NDArray weight;
  final @Nullable NDArray bias;
  boolean tells = true;
  int logitsCalls;
  private final double[] weights;
  private final double[] biases;

  LastMatrix(NDArray weight, @Nullable NDArray bias) {
    this.weight = weight;
    this.bias = bias;
    weights = Values.of(weight);
    biases = bias == null ? new double[0] : Values.of(bias);
  }

  /** Returns a row's logits, in doubles. */
  double[] scores(NDArray hidden, int row) {
    return Values.scores(Values.of(hidden.get(row)), weights, biases);
  }

  /** Returns the sum of absolute products, which bounds what float32 is off. */
  double size(NDArray hidden, int row, int id) {
    double[] of = Values.of(hidden.get(row));
    double sum = 0;
    for (int i = 0; i < of.length; i++) {
      sum += Math.abs(of[i] * weights[id * of.length + i]);
    }
    return sum;
  }

  @Override
  public NDArray logits(NDArray hidden) {
    logitsCalls++;
    return Linear.linear(hidden, weight, bias).singletonOrThrow();
  }

  @Override
  public Optional<OutputMatrix> outputMatrix() {
    return tells ? Optional.of(new OutputMatrix(weight, bias, 0)) : Optional.empty();
  }

  @Override
  public int vocabularySize() {
    return Math.toIntExact(weight.getShape().get(0));
  }

  @Override
  public NDManager manager() {
    return weight.getManager();
  }

  @Override
  public Prefixes prefixes(List<int[]> sequences, long passBytes, int maxStates) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long bytesPerToken() {
    throw new UnsupportedOperationException();
  }

  @Override
  public long bytesPerComputedToken() {
    throw new UnsupportedOperationException();
  }
}
