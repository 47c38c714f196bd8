package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A pass over a {@link Network}: the trunk's graph is kept, the head is computed twice.
 *
 * <p>Forward, the head runs without gradients, piece by piece, and leaves only log-probabilities.
 * Backward, each piece is computed once more with gradients and at once sent back, so that one
 * piece's logits exist at a time. What arrives at the trunk's output then goes through the trunk in
 * one backward pass.
 */
final class NetworkPass implements Pass {
  private final Network network;
  private final TokenBatch batch;
  private final List<NDArray> states = new ArrayList<>();
  private final NDArray last;
  private final Pieces pieces;
  private final Map<Integer, NDArray> stateLeaves = new TreeMap<>();
  private @Nullable NDArray logProbabilities;
  private @Nullable NDArray logits;
  private final boolean trained;
  private boolean done;

  /** Runs the trunk, with a graph if the pass is to be sent backward. */
  NetworkPass(Network network, TokenBatch batch, boolean trained) {
    this.network = network;
    this.batch = batch;
    this.trained = trained;
    try (Torch.GradientMode mode = trained ? Torch.gradientsOn() : Torch.gradientsOff()) {
      last = network.hidden(batch.ids(), batch.attentionMask(), states);
    }
    pieces = new Pieces((long) batch.size() * batch.length(), network.vocabularySize());
  }

  @Override
  public TokenBatch batch() {
    return batch;
  }

  @Override
  public NDArray logProbabilities() {
    if (logProbabilities == null) {
      try (Torch.GradientMode off = Torch.gradientsOff();
          NDScope scope = Scopes.open()) {
        NDArray hidden = Pieces.flatten(last);
        NDArray labels = Pieces.labels(batch);
        NDList parts = new NDList();
        pieces.forEach(
            (begin, end) -> {
              NDArray piece = network.logits(Pieces.rows(hidden, begin, end));
              parts.add(
                  TorchOps.get().tokenLogProbabilities(piece, Pieces.rows(labels, begin, end)));
              piece.close();
            });
        NDArray all = NDArrays.concat(parts, 0);
        NDArray perToken = all.reshape(new Shape(batch.size(), batch.length()));
        logProbabilities =
            leaf(perToken.get(new NDIndex(":, :-1")).mul(batch.targetMask())); // (B, L - 1)
      }
    }
    return logProbabilities;
  }

  @Override
  public NDArray logits() {
    if (logits == null) {
      try (Torch.GradientMode off = Torch.gradientsOff();
          NDScope scope = Scopes.open()) {
        NDArray all = network.logits(Pieces.flatten(last)); // (B L, V)
        logits =
            leaf(
                all.reshape(new Shape(batch.size(), batch.length(), network.vocabularySize()))
                    .get(new NDIndex(":, :-1")));
      }
    }
    return logits;
  }

  @Override
  public NDArray hiddenStates(int layer) {
    checkArgument(
        layer >= 0 && layer < states.size(),
        "layer must be in [0, %s), but was: %s",
        states.size(),
        layer);
    return stateLeaves.computeIfAbsent(
        layer,
        index -> {
          try (Torch.GradientMode off = Torch.gradientsOff();
              NDScope scope = Scopes.open()) {
            return leaf(states.get(index));
          }
        });
  }

  @Override
  public void backward() {
    checkState(trained, "a pass without gradients cannot be sent backward");
    checkState(!done, "a pass can be sent backward once only");
    done = true;
    try (Torch.GradientMode on = Torch.gradientsOn();
        NDScope scope = Scopes.open()) {
      NDArray lastGradient = headBackward();
      // A leaf of its own, so that there is a way back even if nothing of the trunk is trained.
      NDArray root = batch.manager().zeros(new Shape());
      root.setRequiresGradient(true);
      if (lastGradient != null) {
        root = root.add(last.mul(lastGradient).sum());
      }
      for (Map.Entry<Integer, NDArray> entry : stateLeaves.entrySet()) {
        NDArray gradient = entry.getValue().getGradient();
        root = root.add(states.get(entry.getKey()).mul(gradient).sum());
      }
      Torch.backward(root, batch.manager().ones(new Shape()));
    }
  }

  /** Sends the head's leaves back, piece by piece; returns the gradient of the trunk's output. */
  private @Nullable NDArray headBackward() {
    if (logProbabilities == null && logits == null) {
      return null;
    }
    NDArray hidden = Pieces.flatten(last).stopGradient();
    NDArray labels = Pieces.labels(batch);
    NDArray tokenGradient =
        logProbabilities == null
            ? null
            : widen(logProbabilities.getGradient().mul(batch.targetMask())).flatten();
    NDArray logitGradient = logits == null ? null : Pieces.flatten(widen(logits.getGradient()));
    NDList parts = new NDList();
    pieces.forEach(
        (begin, end) -> {
          try (NDScope scope = Scopes.open()) {
            NDArray input = Pieces.rows(hidden, begin, end).duplicate();
            input.setRequiresGradient(true);
            if (tokenGradient != null) {
              NDArray tokens =
                  TorchOps.get()
                      .tokenLogProbabilities(
                          network.logits(input), Pieces.rows(labels, begin, end));
              Torch.backward(tokens, Pieces.rows(tokenGradient, begin, end));
            }
            if (logitGradient != null) {
              Torch.backward(network.logits(input), Pieces.rows(logitGradient, begin, end));
            }
            NDArray gradient = input.getGradient();
            NDScope.unregister(gradient);
            parts.add(gradient);
          }
        });
    NDArray all = NDArrays.concat(parts, 0);
    parts.close();
    return all.reshape(last.getShape());
  }

  /** Appends a zero position: (B, L - 1, …) to (B, L, …). */
  private NDArray widen(NDArray gradient) {
    long[] shape = gradient.getShape().getShape().clone();
    shape[1] = 1;
    return gradient.concat(batch.manager().zeros(new Shape(shape)), 1);
  }

  /** Cuts an array off from its graph and lets it collect a gradient. */
  private NDArray leaf(NDArray array) {
    NDArray leaf = array.duplicate();
    if (trained) {
      leaf.setRequiresGradient(true);
    }
    NDScope.unregister(leaf);
    return leaf;
  }
}
