package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SymbolBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.unlearn.internal.Torch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Any DJL block from ids to logits. It has no separate head, so its logits are the hidden states
 * and the head is the identity. The model is borrowed: closing this leaves it open.
 */
public final class BlockNetwork implements Network {
  private final Block block;
  private final Signature signature;
  private final NDManager manager;
  private final Map<String, NDArray> parameters;
  private final List<NDArray> unfrozen = new ArrayList<>();
  private final int vocabularySize;

  /**
   * Wraps a model and probes it once.
   *
   * @throws IllegalArgumentException if its parameters are not float32 or cannot be trained, or the
   *     block does not map (1, 3) ids to (1, 3, vocabulary) logits, depends on later tokens, or
   *     answers differently a second time (dropout)
   */
  public BlockNetwork(Model model, Signature signature) {
    block = model.getBlock();
    this.signature = signature;
    manager = model.getNDManager().newSubManager();
    try {
      parameters = trainable();
      vocabularySize = probe();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private Map<String, NDArray> trainable() {
    Map<String, NDArray> byName = new LinkedHashMap<>();
    for (Pair<String, Parameter> entry : block.getParameters()) {
      if (!entry.getValue().requiresGradient()) {
        continue; // frozen by its owner
      }
      NDArray array = entry.getValue().getArray();
      if (byName.values().stream().anyMatch(known -> known == array)) {
        continue; // one parameter in two places of the block
      }
      checkArgument(
          array.getDataType() == DataType.FLOAT32,
          "parameter %s must be float32, but was: %s",
          entry.getKey(),
          array.getDataType());
      try {
        if (!array.hasGradient()) {
          array.setRequiresGradient(true);
          unfrozen.add(array);
        }
      } catch (EngineException e) {
        throw new IllegalArgumentException(
            "parameter %s cannot be trained; load a TorchScript model with option trainParam=true"
                .formatted(entry.getKey()),
            e);
      }
      byName.put(entry.getKey(), array);
    }
    checkArgument(
        !byName.isEmpty(),
        "the block must have parameters that are not frozen, but has none; load a TorchScript model"
            + " with option trainParam=true");
    return Collections.unmodifiableMap(byName);
  }

  private int probe() {
    int length = Math.min(3, signature.contextLength());
    try (NDManager scope = manager.newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      long[] ids = new long[length];
      NDArray first = firstRun(scope, ids);
      Shape shape = first.getShape();
      checkArgument(
          shape.dimension() == 3 && shape.get(0) == 1 && shape.get(1) == length,
          "the block must map ids of shape (1, %s) to logits of shape (1, %s, vocabulary), but"
              + " gave: %s",
          length,
          length,
          shape);
      checkArgument(
          first.contentEquals(run(scope, ids)),
          "the block must be deterministic, but gave different logits for the same ids; is dropout"
              + " on?");
      NDIndex early = new NDIndex(":, :-1");
      ids[length - 1] = 1;
      checkArgument(
          run(scope, ids).get(early).allClose(first.get(early), 1e-5, 1e-5, false),
          "the block must be causal, but its logits at a position depend on later tokens");
      return Math.toIntExact(shape.get(2));
    }
  }

  private NDArray firstRun(NDManager scope, long[] ids) {
    try {
      return run(scope, ids);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("the block must take what " + signature + " says", e);
    }
  }

  private NDArray run(NDManager scope, long[] ids) {
    NDArray input = scope.create(ids, new Shape(1, ids.length));
    return hidden(input, input.onesLike(), null);
  }

  @Override
  public NDArray hidden(NDArray ids, NDArray attentionMask, @Nullable List<NDArray> states) {
    NDList inputs = new NDList(ids);
    if (signature.attentionMask()) {
      inputs.add(attentionMask);
    }
    if (signature.positionIds()) {
      NDArray positions =
          ids.getManager().arange(0, (int) ids.getShape().get(1), 1, DataType.INT64);
      inputs.add(positions.expandDims(0).broadcast(ids.getShape()));
    }
    ParameterStore store = new ParameterStore(ids.getManager(), false);
    // In inference mode a symbolic block's results could not be trained through.
    boolean training = block instanceof SymbolBlock;
    return block.forward(store, inputs, training).get(0);
  }

  @Override
  public NDArray logits(NDArray hidden) {
    return hidden;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public int contextLength() {
    return signature.contextLength();
  }

  @Override
  public int layerCount() {
    return 0;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  /** Frees what this made; the model stays open, its parameters frozen as they were. */
  @Override
  public void close() {
    unfrozen.forEach(array -> array.setRequiresGradient(false));
    unfrozen.clear();
    manager.close();
  }
}
