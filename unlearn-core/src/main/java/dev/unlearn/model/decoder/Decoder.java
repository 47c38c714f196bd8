package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.unlearn.internal.Indices;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.model.generation.Prefixes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only transformer from token ids to logits, without dropout.
 *
 * <p>As a DJL block it takes ids, int64 of shape (B, L), and returns logits, float32 of shape (B,
 * L, vocabulary). Rows are padded on the right; attention is causal, so padding changes nothing
 * before it. It also keeps DJL's contract for text generation: from ids, position ids, an attention
 * mask of shape (B, past + L), and the keys and values of the past, if any, for each block (B,
 * heads, past, headWidth), it returns logits, keys and values of past and new tokens, and the last
 * hidden states.
 *
 * <p>Parameters live on one device and are read directly, not through a parameter store.
 *
 * @hidden not API
 */
public final class Decoder extends AbstractBlock {
  private final DecoderSpec spec;
  private final Map<String, Parameter> declared = new LinkedHashMap<>();
  private final Map<String, Linear> linears = new LinkedHashMap<>();
  private final @Nullable RotaryTable rotary;
  private final Embeddings embeddings;
  private final List<DecoderLayer> layers = new ArrayList<>();
  private final @Nullable Norm finalNorm;
  private final @Nullable Linear embeddingOut;
  private final Linear head;
  private @Nullable PackedWeights packed;

  /** Creates a decoder whose parameters have shapes but no values yet. */
  public Decoder(DecoderSpec spec) {
    this(spec, spec.rotary().map(r -> new RotaryTable(r, spec.contextLength())).orElse(null));
  }

  private Decoder(DecoderSpec spec, @Nullable RotaryTable rotary) {
    this.spec = spec;
    this.rotary = rotary;
    Weights weights = new Declared();
    int width = spec.width();
    int inside = spec.embeddingWidth();
    embeddings = new Embeddings(weights, spec);
    for (int i = 0; i < spec.layers().size(); i++) {
      layers.add(new DecoderLayer(weights, spec, i));
    }
    finalNorm = spec.finalNorm() ? new Norm(weights, "norm", width, spec.norm()) : null;
    embeddingOut =
        inside == width
            ? null
            : new Linear(weights, "embedding.out", width, inside, false, spec.linearLayout());
    Parameter matrix =
        spec.tiedHead()
            ? embeddings.tokens()
            : weights.matrix("head.weight", new Shape(spec.vocabularySize(), inside));
    head =
        new Linear(
            matrix, spec.headBias() ? weights.bias("head.bias", spec.vocabularySize()) : null);
  }

  /** Gathers what the parts declare. */
  private final class Declared implements Weights {

    @Override
    public Parameter declare(String name, Shape shape, Parameter.Type type) {
      Parameter parameter =
          addParameter(Parameter.builder().setName(name).setType(type).optShape(shape).build());
      declared.put(name, parameter);
      return parameter;
    }

    @Override
    public void has(String name, Linear linear) {
      linears.put(name, linear);
    }
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

  /**
   * Returns a decoder that computes the same with other arrays, without gradients. The arrays stay
   * their owners'.
   *
   * @param arrays returns what to use in the place of an array, or the array itself
   */
  public Decoder with(NDManager manager, UnaryOperator<NDArray> arrays) {
    Decoder other = new Decoder(spec, rotary);
    other.declared.values().forEach(parameter -> parameter.freeze(true));
    other.fill(manager, p -> arrays.apply(verifyNotNull(declared.get(p.getName())).getArray()));
    linears.forEach(
        (name, linear) -> verifyNotNull(other.linears.get(name)).adaptLike(linear, arrays));
    other.head.adaptLike(head, arrays);
    return other;
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
   * @param products how it computes
   * @param ids int64 of shape (B, L)
   * @return what the head takes, of shape (B, L, embeddingWidth)
   */
  public NDArray hidden(Products products, NDArray ids) {
    return run(causal(products, ids, null));
  }

  /** Runs the blocks in float32. */
  public NDArray hidden(NDArray ids) {
    return hidden(Products.float32(), ids);
  }

  /**
   * Returns the blocks over rows, to be run one by one.
   *
   * @param products how they compute
   * @param ids int64 of shape (B, L)
   */
  public TrunkLayers layers(Products products, NDArray ids) {
    return causal(products, ids, null);
  }

  /**
   * Runs the blocks over rows of which several texts share a prompt.
   *
   * @return what the head takes, of shape (B, L, embeddingWidth)
   */
  public NDArray hidden(NDManager manager, BranchedRows rows) {
    checkArgument(
        rows.lastPlace() < spec.contextLength(),
        "positions must be in [0, %s), but one was: %s",
        spec.contextLength(),
        rows.lastPlace());
    Shape shape = new Shape(rows.size(), rows.length());
    NDArray ids = manager.create(rows.ids(), shape);
    NDArray places = manager.create(Indices.longs(rows.places()), shape);
    return run(ids, places, PassPositions.branched(manager, spec, rotary, rows));
  }

  private Blocks causal(Products products, NDArray ids, @Nullable KeyValues keyValues) {
    int length = Math.toIntExact(ids.getShape().get(1));
    checkArgument(
        length <= spec.contextLength(),
        "length must be <= the context length (%s), but was: %s",
        spec.contextLength(),
        length);
    NDManager manager = ids.getManager();
    Positions positions = PassPositions.causal(manager, spec, products, rotary, length, keyValues);
    NDArray places = manager.arange(0, length, 1, ids.getDataType());
    return new Blocks(ids, places, positions);
  }

  /** Returns the bytes that a row which goes on from prefixes takes besides its tokens. */
  public long bytesPerRow() {
    return DecoderBranches.bytesPerRow(spec);
  }

  /** Reads sequences, for rows to go on from; see {@link Prefixes}. */
  public Prefixes prefixes(
      NDManager manager, List<int[]> sequences, long passBytes, int maxStates) {
    return new DecoderPrefixes(this, manager, sequences, passBytes, maxStates);
  }

  /**
   * Returns whether rows of an array are looked up. Its gradient is there before a pass is sent
   * backward, to take what sparse gradients bring.
   */
  public boolean isTable(NDArray array) {
    return embeddings.isTable(array);
  }

  /**
   * Returns the linear layers by the names of their parts, for instance {@code
   * layers.0.attention.query}, lowest first. The head, {@code head}, is one of them unless it is
   * the token embedding.
   */
  public Map<String, Linear> linears() {
    Map<String, Linear> all = new LinkedHashMap<>(linears);
    if (!spec.tiedHead()) {
      all.put("head", head);
    }
    return all;
  }

  /** Returns what is behind {@link #logits}, unless there is an adapter's part in it. */
  public Optional<OutputMatrix> outputMatrix() {
    return head.isAdapted()
        ? Optional.empty()
        : Optional.of(new OutputMatrix(head.weight(), head.bias(), spec.logitCap()));
  }

  /** Returns the bytes that {@link #pack} takes. */
  public long packedBytes() {
    return PackedWeights.bytes(linears.values(), head);
  }

  /** Returns whether copies are in use. */
  public boolean isPacked() {
    return packed != null;
  }

  /**
   * Copies matrices so that they multiply faster. Until the result is closed the copies are used,
   * without gradients, and the weights must stay as they are.
   */
  public Packing pack(NDManager manager) {
    checkState(packed == null, "a decoder can be packed once at a time");
    packed = new PackedWeights(manager, linears.values(), head, () -> packed = null);
    return packed;
  }

  /**
   * Returns the keys and values of ids of shape (B, L), of each block in turn, and then what the
   * head takes, of shape (B, L, embeddingWidth).
   */
  NDList keysAndValues(NDArray ids) {
    KeyValues keyValues = KeyValues.ofNothing();
    NDArray hidden = run(causal(Products.float32(), ids, keyValues));
    return new NDList(keyValues.present()).addAll(new NDList(hidden));
  }

  @Nullable RotaryTable rotary() {
    return rotary;
  }

  NDArray run(NDArray ids, NDArray places, Positions positions) {
    return run(new Blocks(ids, places, positions));
  }

  /** Each state's handle is closed when the next is there; the graph holds what it needs. */
  private static NDArray run(Blocks blocks) {
    NDArray x = blocks.first();
    for (int i = 1; i <= blocks.count(); i++) {
      NDArray input = x;
      x = blocks.run(i, input);
      input.close();
    }
    return x;
  }

  /** The blocks at given positions; the last includes what is behind it. */
  private final class Blocks implements TrunkLayers {
    private final NDArray ids;
    private final NDArray places;
    private final Positions positions;

    Blocks(NDArray ids, NDArray places, Positions positions) {
      this.ids = ids;
      this.places = places;
      this.positions = positions;
    }

    @Override
    public int count() {
      return layers.size();
    }

    @Override
    public NDArray first() {
      return embeddings.apply(positions.products(), ids, places);
    }

    @Override
    public NDArray run(int layer, NDArray input) {
      NDArray output = layers.get(layer - 1).apply(input, positions);
      if (layer < layers.size()) {
        return output;
      }
      NDArray last = leave(positions.products(), output);
      if (last != output) {
        output.close();
      }
      return last;
    }
  }

  /** Maps hidden states to logits in float32. */
  public NDArray logits(NDArray hidden) {
    return logits(Products.float32(), hidden);
  }

  /**
   * Maps hidden states of shape (N, embeddingWidth) to logits of shape (N, vocabulary).
   *
   * @param products how it computes
   */
  public NDArray logits(Products products, NDArray hidden) {
    if (packed != null) {
      packed.packHead();
    }
    NDArray logits = products.linear(hidden, head);
    if (spec.logitCap() == 0) {
      return logits;
    }
    NDArray capped = TorchOps.get().softCap(logits, spec.logitCap());
    logits.close(); // the graph, if there is one, holds what it needs
    return capped;
  }

  private NDArray leave(Products products, NDArray x) {
    try (NDScope scope = Scopes.open()) {
      NDArray normed = finalNorm == null ? x : finalNorm.apply(x);
      NDArray last = embeddingOut == null ? normed : products.linear(normed, embeddingOut);
      NDScope.unregister(last);
      return last;
    }
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> parameters) {
    NDArray ids = inputs.get(0);
    if (inputs.size() == 1) {
      return new NDList(allLogits(hidden(ids)));
    }
    KeyValues keyValues = KeyValues.of(inputs, spec);
    NDArray places = inputs.get(1);
    Positions positions =
        PassPositions.after(ids.getManager(), spec, rotary, places, inputs.get(2), keyValues);
    NDArray hidden = run(ids, places, positions);
    NDList outputs = new NDList(allLogits(hidden));
    outputs.addAll(keyValues.present());
    outputs.add(hidden);
    return outputs;
  }

  private NDArray allLogits(NDArray hidden) {
    Shape shape = hidden.getShape(); // (B, L, embeddingWidth)
    NDArray rows = hidden.reshape(new Shape(-1, shape.get(2)));
    return logits(rows).reshape(new Shape(shape.get(0), shape.get(1), spec.vocabularySize()));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return new Shape[] {new Shape(inputs[0].get(0), inputs[0].get(1), spec.vocabularySize())};
  }
}
