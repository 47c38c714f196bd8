package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.MixedOps;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.model.Network;
import dev.unlearn.model.Precision;
import dev.unlearn.model.decoder.BranchedRows;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.decoder.Products;
import dev.unlearn.model.decoder.TrunkLayers;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.model.generation.Prefixes;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A decoder under the tensor names of its checkpoint. */
final class DecoderNetwork implements Network {
  /** Tokens for which copying the matrices has paid. */
  private static final long MIN_PACKED_TOKENS = 256;

  private final Decoder decoder;
  private final NDManager manager;
  private final UnaryOperator<String> tensorName;
  private final UnaryOperator<String> modulePath;
  private final Map<String, NDArray> parameters;
  private final Map<String, Linear> linears;
  private final Products products;
  private final Precision precision;
  private final DecoderNetwork training;

  /**
   * Creates a network.
   *
   * @param tensorName returns a parameter's name in the checkpoint
   * @param modulePath returns a linear layer's path in Python
   * @param precision in which numbers passes that train compute
   */
  DecoderNetwork(
      Decoder decoder,
      NDManager manager,
      UnaryOperator<String> tensorName,
      UnaryOperator<String> modulePath,
      Precision precision) {
    this.decoder = decoder;
    this.manager = manager;
    this.tensorName = tensorName;
    this.modulePath = modulePath;
    Map<String, NDArray> byName = new LinkedHashMap<>();
    for (Map.Entry<String, Parameter> entry : decoder.weights().entrySet()) {
      byName.put(tensorName.apply(entry.getKey()), entry.getValue().getArray());
    }
    parameters = Collections.unmodifiableMap(byName);
    Map<String, Linear> byPath = new LinkedHashMap<>();
    decoder.linears().forEach((name, linear) -> byPath.put(modulePath.apply(name), linear));
    linears = Collections.unmodifiableMap(byPath);
    products = Products.float32();
    this.precision = precision;
    training =
        switch (precision) {
          case FLOAT32 -> this;
          case BFLOAT16_MIXED -> new DecoderNetwork(this, Products.mixed(MixedOps.BFLOAT16));
          case FLOAT16_MIXED -> new DecoderNetwork(this, Products.mixed(MixedOps.FLOAT16));
        };
  }

  /** Is the same network, but computes its passes otherwise. */
  private DecoderNetwork(DecoderNetwork of, Products products) {
    decoder = of.decoder;
    manager = of.manager;
    tensorName = of.tensorName;
    modulePath = of.modulePath;
    parameters = of.parameters;
    linears = of.linears;
    this.products = products;
    precision = of.precision;
    training = this;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Collection<NDArray> withFreeableGradients(Collection<NDArray> trained) {
    return trained.stream().filter(array -> !decoder.isTable(array)).toList();
  }

  @Override
  public Network forTraining() {
    return training;
  }

  @Override
  public NDArray hidden(NDArray ids, NDArray attentionMask) {
    return decoder.hidden(products, ids);
  }

  @Override
  public TrunkLayers layers(NDArray ids, NDArray attentionMask) {
    return decoder.layers(products, ids);
  }

  @Override
  public NDArray hidden(NDManager scope, BranchedRows rows) {
    return decoder.hidden(scope, rows);
  }

  @Override
  public Optional<Network> with(UnaryOperator<NDArray> arrays) {
    return Optional.of(
        new DecoderNetwork(
            decoder.with(manager, arrays), manager, tensorName, modulePath, Precision.FLOAT32));
  }

  @Override
  public boolean readsBranches() {
    return true;
  }

  @Override
  public NDArray logits(NDArray hidden) {
    return decoder.logits(products, hidden);
  }

  @Override
  public Prefixes prefixes(List<int[]> sequences, long passBytes, int maxStates) {
    return decoder.prefixes(manager, sequences, passBytes, maxStates);
  }

  /** On another device operations queue up one after the other anyway. */
  @Override
  public boolean isThreadSafe() {
    return Devices.isHost(manager().getDevice());
  }

  @Override
  public Optional<OutputMatrix> outputMatrix() {
    return decoder.outputMatrix();
  }

  @Override
  public Packing pack(long tokens, long maxBytes) {
    boolean pays =
        !decoder.isPacked() // as where a listener asks the model that is decoding
            && tokens >= MIN_PACKED_TOKENS
            && decoder.packedBytes() <= maxBytes
            && Devices.isHost(manager.getDevice())
            && PackedLinears.areAvailable();
    return pays ? decoder.pack(manager) : Packing.NONE;
  }

  @Override
  public long bytesPerToken() {
    DecoderSpec spec = decoder.spec();
    return 2L * Float.BYTES * spec.layers().size() * spec.keyValueHeadCount() * spec.headWidth();
  }

  @Override
  public long bytesPerComputedToken() {
    return decoder.spec().bytesPerComputedToken();
  }

  @Override
  public long bytesPerRow() {
    return decoder.bytesPerRow();
  }

  /** The scores of each head, of rows and of places between them, and what the softmax makes. */
  @Override
  public long bytesPerSeenToken() {
    return 9L * Float.BYTES * decoder.spec().headCount();
  }

  @Override
  public NDList generationStep(NDList inputs) {
    return decoder.forward(new ParameterStore(manager, false), inputs, false);
  }

  @Override
  public boolean keepsKeysAndValues() {
    return true;
  }

  @Override
  public Optional<DecoderSpec> decoderSpec() {
    return Optional.of(decoder.spec());
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public Map<String, Linear> linears() {
    return linears;
  }

  @Override
  public int vocabularySize() {
    return decoder.spec().vocabularySize();
  }

  @Override
  public int contextLength() {
    return decoder.spec().contextLength();
  }

  @Override
  public int layerCount() {
    return decoder.spec().layers().size();
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
