package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.train.TokenBatch;

/** The logits of all positions but the last, shape (B, L - 1, vocabulary), all at once. */
final class WholeLogits implements HeadOutput {
  private final Network network;
  private final TokenBatch batch;
  private final NDArray last;
  private final NDArray leaf;

  WholeLogits(Network network, TokenBatch batch, NDArray last, boolean trained) {
    this.network = network;
    this.batch = batch;
    this.last = last;
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDScope scope = Scopes.open()) {
      NDArray all = network.logits(Pieces.flatten(last)); // (B L, V)
      Shape shape = new Shape(batch.size(), batch.length(), network.vocabularySize());
      leaf = HeadOutput.leafOf(all.reshape(shape).get(new NDIndex(":, :-1")), trained);
    }
  }

  @Override
  public NDArray leaf() {
    return leaf;
  }

  /** In pieces, so that their graph and its gradients stay small. */
  @Override
  public NDArray backward() {
    NDArray hidden = Pieces.flatten(last).stopGradient();
    NDArray none =
        batch.manager().zeros(new Shape(batch.size(), 1, network.vocabularySize())); // the last
    NDArray gradient = Pieces.flatten(leaf.getGradient().concat(none, 1));
    NDList parts = new NDList();
    Pieces.forLogits(hidden.getShape().get(0), network.vocabularySize())
        .forEach(
            (begin, end) -> {
              try (NDScope scope = Scopes.open()) {
                NDArray input = Pieces.leaf(hidden, begin, end);
                Torch.backward(network.logits(input), Pieces.rows(gradient, begin, end));
                parts.add(Pieces.gradient(input));
              }
            });
    return Pieces.joined(parts).reshape(last.getShape());
  }
}
