package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.BranchedRows;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.Products;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.decoder.TrunkLayers;
import dev.unlearn.model.generation.Branches;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.model.generation.Prefixes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A tiny decoder that remembers, call by call, how many rows its head and its steps were given,
 * which layers a pass ran, and whether gradients were on. If asked to, it keeps keys and values,
 * reads rows with branches and packs matrices; otherwise it recomputes.
 */
final class TestNetwork implements Network {
  final List<Long> headRows = Collections.synchronizedList(new ArrayList<>());
  final List<Shape> branchedShapes = Collections.synchronizedList(new ArrayList<>());
  final List<Integer> prefixCounts = Collections.synchronizedList(new ArrayList<>());
  final List<Integer> branchRows = Collections.synchronizedList(new ArrayList<>());
  final List<Integer> stepRows = Collections.synchronizedList(new ArrayList<>());
  final List<Boolean> gradientModes = Collections.synchronizedList(new ArrayList<>());
  final List<Integer> layersRun = Collections.synchronizedList(new ArrayList<>());
  Runnable whenStepping = () -> {};

  /** Whether it says of what matrix its head is. */
  boolean tellsMatrix;

  private final boolean keeps;
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final Decoder decoder;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  /** Vocabulary 13, context length 10, width 8, two layers. */
  TestNetwork() {
    this(TestDecoders.spec(draft -> {}));
  }

  TestNetwork(DecoderSpec spec) {
    this(spec, false);
  }

  /** Returns one that keeps keys and values. */
  static TestNetwork keeping(DecoderSpec spec) {
    return new TestNetwork(spec, true);
  }

  /** Returns a model on this, which closes it. */
  DjlCausalLm model() {
    return model(LoadOptions.defaults());
  }

  /** Returns the same with options. */
  DjlCausalLm model(LoadOptions options) {
    return new DjlCausalLm("tiny", this, new NoTokenizer(), true, (p, t, o) -> {}, options);
  }

  private TestNetwork(DecoderSpec spec, boolean keeps) {
    this.keeps = keeps;
    decoder = TestDecoders.random(manager, spec, 42);
    decoder.weights().forEach((name, parameter) -> parameters.put(name, parameter.getArray()));
  }

  @Override
  public NDArray hidden(NDArray ids, NDArray attentionMask) {
    gradientModes.add(JniUtils.isGradMode());
    return decoder.hidden(ids);
  }

  @Override
  public TrunkLayers layers(NDArray ids, NDArray attentionMask) {
    TrunkLayers layers = decoder.layers(Products.float32(), ids);
    return new TrunkLayers() {
      @Override
      public int count() {
        return layers.count();
      }

      @Override
      public NDArray first() {
        layersRun.add(0);
        gradientModes.add(JniUtils.isGradMode());
        return layers.first();
      }

      @Override
      public NDArray run(int layer, NDArray input) {
        layersRun.add(layer);
        return layers.run(layer, input);
      }
    };
  }

  @Override
  public NDArray hidden(NDManager scope, BranchedRows rows) {
    gradientModes.add(JniUtils.isGradMode());
    branchedShapes.add(new Shape(rows.size(), rows.length()));
    return decoder.hidden(scope, rows);
  }

  @Override
  public Optional<OutputMatrix> outputMatrix() {
    return tellsMatrix ? decoder.outputMatrix() : Optional.empty();
  }

  @Override
  public boolean readsBranches() {
    return keeps;
  }

  @Override
  public NDArray logits(NDArray hidden) {
    gradientModes.add(JniUtils.isGradMode());
    headRows.add(hidden.getShape().get(0));
    return decoder.logits(hidden);
  }

  @Override
  public Prefixes prefixes(List<int[]> sequences, long passBytes, int maxStates) {
    gradientModes.add(JniUtils.isGradMode());
    prefixCounts.add(sequences.size());
    return new Watched(
        keeps
            ? decoder.prefixes(manager, sequences, passBytes, maxStates)
            : Network.super.prefixes(sequences, passBytes, maxStates));
  }

  @Override
  public Packing pack(long tokens, long maxBytes) {
    boolean host = Devices.isHost(manager.getDevice()) && PackedLinears.areAvailable();
    boolean packs = keeps && host && decoder.packedBytes() <= maxBytes;
    return packs ? decoder.pack(manager) : Packing.NONE;
  }

  @Override
  public long bytesPerToken() {
    DecoderSpec spec = decoder.spec();
    int width = spec.keyValueHeadCount() * spec.headWidth();
    return keeps ? 2L * Float.BYTES * spec.layers().size() * width : Network.super.bytesPerToken();
  }

  @Override
  public long bytesPerRow() {
    return keeps ? decoder.bytesPerRow() : Network.super.bytesPerRow();
  }

  @Override
  public long bytesPerComputedToken() {
    return keeps ? decoder.spec().bytesPerComputedToken() : Network.super.bytesPerComputedToken();
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
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

  private final class Watched implements Prefixes {
    private final Prefixes prefixes;

    Watched(Prefixes prefixes) {
      this.prefixes = prefixes;
    }

    @Override
    public Branches branch(int[] sequences, int[] lengths, int newTokens) {
      branchRows.add(sequences.length);
      Branches branches = prefixes.branch(sequences, lengths, newTokens);
      return new Branches() {
        @Override
        public int size() {
          return branches.size();
        }

        @Override
        public NDArray step(NDManager scope, int[] tokens) {
          gradientModes.add(JniUtils.isGradMode());
          stepRows.add(tokens.length);
          whenStepping.run();
          assertThat(tokens).hasSize(branches.size());
          return branches.step(scope, tokens);
        }

        @Override
        public void keep(int[] rows) {
          branches.keep(rows);
        }

        @Override
        public void close() {
          branches.close();
        }
      };
    }

    @Override
    public Optional<NDArray> states() {
      return prefixes.states();
    }

    @Override
    public void close() {
      prefixes.close();
    }
  }
}
