package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.decoder.TrunkLayers;
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
 * A pass over a {@link Network}. The {@link Trunk} is run as far as something asks. What the head
 * makes are {@link HeadOutput}s, computed in pieces. Backward, each sends its gradient to the
 * trunk's output, from where it goes on through the trunk.
 */
final class NetworkPass implements Pass {
  private final Network network;
  private final TokenBatch batch;
  private final HeadMemory memory;
  private final Trunk trunk;
  private final Map<Integer, NDArray> stateLeaves = new TreeMap<>();
  private final List<HeadOutput> outputs = new ArrayList<>();
  private @Nullable TargetStates targets;
  private @Nullable NDArray logProbabilities;
  private @Nullable NDArray logits;
  private final boolean trained;
  private boolean done;

  /**
   * Begins a pass, of which nothing is computed yet.
   *
   * @param trained whether the pass is to be sent backward
   * @param checkpointed whether the trunk keeps its states only, and computes the rest again
   * @param memory of the head
   */
  NetworkPass(
      Network network, TokenBatch batch, boolean trained, boolean checkpointed, HeadMemory memory) {
    this.network = trained ? network.forTraining() : network;
    this.batch = batch;
    this.memory = memory;
    this.trained = trained;
    TrunkLayers layers = this.network.layers(batch.ids(), batch.attentionMask());
    trunk = trained && checkpointed ? new RecomputedTrunk(layers) : new GraphTrunk(layers, trained);
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
        : new LinearLogProbabilities(matrix, targets, precision, isOpen(), memory);
  }

  @Override
  public NDArray perTarget(TargetTerm term, Reference reference) {
    return leafOfTargets(all -> new TermValues(network, all, term, reference::logitsAt, isOpen()));
  }

  /** Where nothing is predicted there is nothing to send back, either. */
  private NDArray leafOfTargets(Function<TargetStates, HeadOutput> output) {
    if (targets == null) {
      NDArray last = trunk.last();
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
      logits = leaf(new WholeLogits(network, batch, trunk.last(), isOpen()));
    }
    return logits;
  }

  private NDArray leaf(HeadOutput output) {
    outputs.add(output);
    return output.leaf();
  }

  @Override
  public NDArray logitsAt(long[] places) {
    NDArray last = trunk.last();
    try (Torch.GradientMode off = Torch.gradientsOff()) {
      return network.logits(TargetStates.gather(batch, last, places));
    }
  }

  @Override
  public NDArray hiddenStates(int layer) {
    int states = network.layerCount() == 0 ? 0 : trunk.size();
    checkArgument(
        layer >= 0 && layer < states, "layer must be in [0, %s), but was: %s", states, layer);
    return stateLeaves.computeIfAbsent(
        layer,
        index -> {
          NDArray state = trunk.state(index);
          try (Torch.GradientMode off = Torch.gradientsOff()) {
            return HeadOutput.leafOf(state, isOpen());
          }
        });
  }

  @Override
  public boolean reachedEnd() {
    return trunk.reachedEnd();
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
      Map<Integer, NDArray> gradients = new TreeMap<>();
      stateLeaves.forEach(
          (layer, leaf) -> {
            if (TorchOps.get().hasGradient(leaf)) {
              gradients.put(layer, leaf.getGradient());
            }
          });
      for (HeadOutput output : outputs) {
        if (TorchOps.get().hasGradient(output.leaf())) {
          gradients.merge(trunk.size() - 1, output.backward(), NDArray::add);
        }
      }
      trunk.backward(gradients);
    }
  }
}
