package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.unlearn.internal.Scopes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only transformer from token ids to logits, without dropout.
 *
 * <p>As a DJL block it takes ids, int64 of shape (B, L), and returns logits, float32 of shape (B,
 * L, vocabulary). Rows are padded on the right; attention is causal, so padding changes nothing
 * before it. Parameters live on one device and are read directly, not through a parameter store.
 */
public final class Decoder extends AbstractBlock {
  private final DecoderSpec spec;
  private final Map<String, Parameter> declared = new LinkedHashMap<>();
  private final Parameter tokenEmbedding;
  private final Parameter positionEmbedding;
  private final List<DecoderLayer> layers = new ArrayList<>();
  private final LayerNorm finalNorm;
  private final @Nullable Parameter head;

  /** Creates a decoder whose parameters have shapes but no values yet. */
  public Decoder(DecoderSpec spec) {
    this.spec = spec;
    Weights weights =
        (name, shape, type) -> {
          Parameter parameter =
              addParameter(Parameter.builder().setName(name).setType(type).optShape(shape).build());
          declared.put(name, parameter);
          return parameter;
        };
    Shape vocabulary = new Shape(spec.vocabularySize(), spec.width());
    tokenEmbedding = weights.matrix("embedding.token.weight", vocabulary);
    positionEmbedding =
        weights.matrix("embedding.position.weight", new Shape(spec.contextLength(), spec.width()));
    for (int i = 0; i < spec.layers().size(); i++) {
      layers.add(new DecoderLayer(weights, "layers." + i, spec, spec.layers().get(i)));
    }
    finalNorm = new LayerNorm(weights, "norm", spec.width(), spec.normEpsilon());
    head = spec.tiedHead() ? null : weights.matrix("head.weight", vocabulary);
  }

  /**
   * Gives every parameter its values. The arrays become this block's own.
   *
   * @param values returns, for a parameter, float32 values of its shape
   */
  public void fill(NDManager manager, Function<Parameter, NDArray> values) {
    for (Parameter parameter : declared.values()) {
      parameter.setInitializer((unused, shape, type) -> values.apply(parameter));
      parameter.initialize(manager, DataType.FLOAT32);
      parameter.getArray().setName(null); // a dotted name would make it a dictionary in TorchOps
    }
  }

  /** Returns what this decoder is. */
  public DecoderSpec spec() {
    return spec;
  }

  /** Returns the parameters by name, in a fixed order, lowest layer first. */
  public Map<String, Parameter> weights() {
    return declared;
  }

  /**
   * Runs the blocks.
   *
   * @param ids int64 of shape (B, L)
   * @param states receives, if not null, the input of the first block and the output of every block
   * @return the last hidden states, normed, of shape (B, L, width)
   */
  public NDArray hidden(NDArray ids, @Nullable List<NDArray> states) {
    int length = Math.toIntExact(ids.getShape().get(1));
    checkArgument(
        length <= spec.contextLength(),
        "length must be <= the context length (%s), but was: %s",
        spec.contextLength(),
        length);
    Map<Integer, @Nullable NDArray> windows = windows(ids.getManager(), length);
    NDArray x = embed(ids, length);
    for (int i = 0; i < layers.size(); i++) {
      NDArray input = x;
      x = layers.get(i).apply(input, windows.get(spec.layers().get(i).window()));
      keepOrClose(input, states);
    }
    NDArray last = finalNorm.apply(x);
    keepOrClose(x, null);
    if (states != null) {
      states.add(last);
    }
    return last;
  }

  /** Maps hidden states of shape (N, width) to logits of shape (N, vocabulary). */
  public NDArray logits(NDArray hidden) {
    NDArray matrix = (head == null ? tokenEmbedding : head).getArray();
    return ai.djl.nn.core.Linear.linear(hidden, matrix, null).singletonOrThrow();
  }

  private NDArray embed(NDArray ids, int length) {
    try (NDScope scope = Scopes.open()) {
      NDArray tokens = lookUp(ids, tokenEmbedding);
      NDArray positions = ids.getManager().arange(0, length, 1, ids.getDataType());
      NDArray result = tokens.add(lookUp(positions, positionEmbedding)); // (B, L, width)
      NDScope.unregister(result);
      return result;
    }
  }

  private static NDArray lookUp(NDArray ids, Parameter table) {
    return Embedding.embedding(ids, table.getArray(), SparseFormat.DENSE).singletonOrThrow();
  }

  /** Without somebody to keep it a state's handle is closed; the graph holds what it needs. */
  private static void keepOrClose(NDArray state, @Nullable List<NDArray> states) {
    if (states == null) {
      state.close();
    } else {
      states.add(state);
    }
  }

  /** Masks by window size; none where every position sees all before it. */
  private Map<Integer, @Nullable NDArray> windows(NDManager manager, int length) {
    Map<Integer, @Nullable NDArray> masks = new HashMap<>();
    for (LayerSpec layer : spec.layers()) {
      int window = layer.window();
      if (window > 0 && window < length && !masks.containsKey(window)) {
        boolean[] allowed = new boolean[length * length];
        for (int query = 0; query < length; query++) {
          for (int key = Math.max(0, query - window + 1); key <= query; key++) {
            allowed[query * length + key] = true;
          }
        }
        masks.put(window, manager.create(allowed, new Shape(length, length)));
      }
    }
    return masks;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> parameters) {
    NDArray hidden = hidden(inputs.singletonOrThrow(), null);
    Shape shape = hidden.getShape(); // (B, L, width)
    NDArray rows = hidden.reshape(new Shape(-1, shape.get(2)));
    return new NDList(
        logits(rows).reshape(new Shape(shape.get(0), shape.get(1), spec.vocabularySize())));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return new Shape[] {new Shape(inputs[0].get(0), inputs[0].get(1), spec.vocabularySize())};
  }
}
