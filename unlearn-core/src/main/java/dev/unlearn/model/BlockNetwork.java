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
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Failures;
import dev.unlearn.internal.Torch;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Any DJL block from ids to logits, TorchScript modules among them. It has no separate head, so its
 * logits are the hidden states and the head is the identity.
 *
 * <p>A tensor that is a parameter under several names, as tied weights are, is trained once, under
 * the first. A TorchScript module is switched to evaluation, so that its dropout stays off.
 *
 * @hidden not API
 */
public final class BlockNetwork implements Network {
  private final Model model;
  private final boolean ownsModel;
  private final Block block;
  private final Signature signature;
  private final NDManager manager;
  private final IdentityHashMap<NDArray, Boolean> before = new IdentityHashMap<>();
  private final Map<String, NDArray> parameters;
  private final int vocabularySize;

  /**
   * Wraps a model and probes it once.
   *
   * @param ownsModel whether the model is closed with this, or when it is refused
   * @throws IllegalArgumentException if its parameters are not float32 or cannot be trained, or the
   *     block does not map (2, 3) ids to (2, 3, vocabulary) logits, depends on later tokens, takes
   *     one length only, or answers differently a second time (dropout)
   * @throws IllegalStateException if another model over the block is being unlearned
   */
  public BlockNetwork(Model model, boolean ownsModel, Signature signature) {
    this.model = model;
    this.ownsModel = ownsModel;
    this.signature = signature;
    block = model.getBlock();
    manager = model.getNDManager().newSubManager();
    // Finding out what can be trained switches gradients off and on again.
    try (Access.Turn turn = Access.to(weights()).change()) {
      if (block instanceof SymbolBlock) {
        Torch.dropoutOff(block);
      }
      parameters = trainable();
      vocabularySize = probe();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Refuses a precision that a block cannot have.
   *
   * @param model what is loaded or wrapped
   * @throws IllegalArgumentException if it is not {@link Precision#FLOAT32}
   */
  public static void requireFloat32(LoadOptions options, String model) {
    checkArgument(
        options.precision() == Precision.FLOAT32,
        "precision must be FLOAT32 for %s, which computes as it was made, but was: %s",
        model,
        options.precision());
  }

  private Map<String, NDArray> trainable() {
    Map<String, NDArray> candidates = candidates();
    candidates.values().forEach(array -> before.put(array, Torch.requiresGradient(array)));
    candidates.values().forEach(array -> array.setRequiresGradient(false));
    Map<String, NDArray> trained = new LinkedHashMap<>();
    candidates.forEach(
        (name, array) -> {
          // One that requires a gradient already is another name of one that was asked before.
          if (!Torch.requiresGradient(array)) {
            trained.put(name, array);
          }
          requireGradient(name, array);
        });
    return Collections.unmodifiableMap(trained);
  }

  /** Returns the parameters that their owner has not frozen. */
  private Map<String, NDArray> candidates() {
    Map<String, NDArray> byName = new LinkedHashMap<>();
    for (Pair<String, Parameter> entry : block.getParameters()) {
      if (entry.getValue().requiresGradient()) {
        NDArray array = entry.getValue().getArray();
        checkArgument(
            array.getDataType() == DataType.FLOAT32,
            "parameter %s must be float32, but was: %s",
            entry.getKey(),
            array.getDataType());
        byName.put(entry.getKey(), array);
      }
    }
    checkArgument(
        !byName.isEmpty(),
        "the block must have parameters that are not frozen, but has none; a TorchScript model must"
            + " be loaded with option trainParam=true, and not be made by torch.jit.freeze");
    return byName;
  }

  private static void requireGradient(String name, NDArray array) {
    try {
      array.setRequiresGradient(true);
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          "parameter %s cannot be trained; load a TorchScript model with option trainParam=true"
              .formatted(name),
          e);
    }
  }

  private int probe() {
    int length = Math.min(3, signature.contextLength());
    try (NDManager scope = manager.newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      long[] rows = new long[2 * length];
      rows[rows.length - 1] = 1; // the rows differ in their last token
      NDArray ids = scope.create(rows, new Shape(2, length));
      NDArray logits = tried(ids);
      Shape shape = logits.getShape();
      checkArgument(
          shape.dimension() == 3 && shape.get(0) == 2 && shape.get(1) == length,
          "the block must map ids of shape (2, %s) to logits of shape (2, %s, vocabulary), but"
              + " gave: %s",
          length,
          length,
          shape);
      checkArgument(
          close(tried(ids), logits),
          "the block must be deterministic, but gave different logits for the same ids; is dropout"
              + " on?");
      NDIndex early = new NDIndex(":, :-1");
      checkArgument(
          close(tried(ids.get(early)), logits.get(early)),
          "the block must be causal, but its logits at a position depend on later tokens");
      return Math.toIntExact(shape.get(2));
    }
  }

  private NDArray tried(NDArray ids) {
    try {
      return run(ids, ids.onesLike());
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "the block must take what %s says, but failed with ids of shape %s: %s"
              .formatted(signature, ids.getShape(), Failures.summary(e)),
          e);
    }
  }

  private static boolean close(NDArray actual, NDArray expected) {
    return actual.getShape().equals(expected.getShape())
        && actual.allClose(expected, 1e-5, 1e-5, false);
  }

  @Override
  public NDArray hidden(NDArray ids, NDArray attentionMask) {
    try {
      return run(ids, attentionMask);
    } catch (EngineException e) {
      throw new UnlearningException(
          "the block failed with ids of shape %s, which %s allows: %s"
              .formatted(ids.getShape(), signature, Failures.summary(e)),
          e);
    }
  }

  private NDArray run(NDArray ids, NDArray attentionMask) {
    NDList inputs = BlockInputs.of(signature, ids, attentionMask);
    if (block instanceof SymbolBlock) {
      NDList outputs = Torch.run(block, inputs);
      outputs.subNDList(1).close();
      return outputs.get(0);
    }
    ParameterStore store = new ParameterStore(ids.getManager(), false);
    return block.forward(store, inputs, false).get(0);
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
  public Collection<NDArray> weights() {
    return block.getParameters().values().stream().map(Parameter::getArray).toList();
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

  /** Frees what this made, and the model if it is owned; else its parameters are as they were. */
  @Override
  public void close() {
    if (ownsModel) {
      model.close();
      return;
    }
    try {
      before.forEach(
          (array, required) -> {
            if (!array.isReleased()) { // as it is if the owner has closed the model
              array.setRequiresGradient(required);
            }
          });
    } finally {
      before.clear();
      manager.close();
    }
  }
}
