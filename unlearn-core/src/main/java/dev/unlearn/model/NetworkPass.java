package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.generation.OutputMatrix;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TargetTerm;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pass over a {@link Network}: the trunk keeps its graph, the head does not. What the head makes
 * are {@link HeadOutput}s, computed in pieces. Backward, each sends its gradient to the trunk's
 * output, from where it goes through the trunk in one backward pass.
 */
final class NetworkPass implements Pass {
  private final Network network;
  private final TokenBatch batch;
  private final List<NDArray> states = new ArrayList<>();
  private final NDArray last;
  private final Map<Integer, NDArray> stateLeaves = new TreeMap<>();
  private final List<HeadOutput> outputs = new ArrayList<>();
  private @Nullable TargetStates targets;
  private @Nullable NDArray logProbabilities;
  private @Nullable NDArray logits;
  private final boolean trained;
  private boolean done;

  /** Runs the trunk, with a graph if the pass is to be sent backward. */
  NetworkPass(Network network, TokenBatch batch, boolean trained) {
    this.network = trained ? network.forTraining() : network;
    this.batch = batch;
    this.trained = trained;
    try (Torch.GradientMode mode = trained ? Torch.gradientsOn() : Torch.gradientsOff()) {
      last = this.network.hidden(batch.ids(), batch.attentionMask(), states);
    }
  }

  @Override
  public TokenBatch batch() {
    return batch;
  }

  @Override
  public NDArray logProbabilities() {
    if (logProbabilities == null) {
      logProbabilities = leafOfTargets(this::logProbabilities);
    }
    return logProbabilities;
  }

  private HeadOutput logProbabilities(TargetStates targets) {
    OutputMatrix matrix = network.outputMatrix().orElse(null);
    Precision precision = trained ? network.precision() : Precision.FLOAT32;
    return matrix == null
        ? TermValues.logProbabilities(network, targets, isOpen())
        : new LinearLogProbabilities(matrix, targets, precision, isOpen());
  }

  @Override
  public NDArray perTarget(TargetTerm term, Reference reference) {
    return leafOfTargets(all -> new TermValues(network, all, term, reference::logitsAt, isOpen()));
  }

  /** Where nothing is predicted there is nothing to send back, either. */
  private NDArray leafOfTargets(Function<TargetStates, HeadOutput> output) {
    if (targets == null) {
      try (Torch.GradientMode off = Torch.gradientsOff()) {
        targets = new TargetStates(batch, last);
      }
    }
    return targets.count() == 0
        ? HeadOutput.leafOf(batch.targetMask().zerosLike(), isOpen())
        : leaf(output.apply(targets));
  }

  @Override
  public NDArray logits() {
    if (logits == null) {
      logits = leaf(new WholeLogits(network, batch, last, isOpen()));
    }
    return logits;
  }

  private NDArray leaf(HeadOutput output) {
    outputs.add(output);
    return output.leaf();
  }

  @Override
  public NDArray logitsAt(long[] places) {
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      return network.logits(TargetStates.gather(batch, last, places));
    }
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
          try (Torch.GradientMode off = Torch.gradientsOff()) {
            return HeadOutput.leafOf(states.get(index), isOpen());
          }
        });
  }

  /** Returns whether leaves shall collect gradients. */
  private boolean isOpen() {
    return trained && !done;
  }

  @Override
  public void backward() {
    checkState(trained, "a pass without gradients cannot be sent backward");
    checkState(!done, "a pass can be sent backward once only");
    done = true;
    try (Torch.GradientMode on = Torch.gradientsOn();
        NDScope scope = Scopes.open()) {
      NDArray lastGradient = null;
      for (HeadOutput output : outputs) {
        NDArray gradient = output.backward();
        if (gradient != null) {
          lastGradient = lastGradient == null ? gradient : lastGradient.add(gradient);
        }
      }
      trunkBackward(lastGradient);
    }
  }

  private void trunkBackward(@Nullable NDArray lastGradient) {
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
