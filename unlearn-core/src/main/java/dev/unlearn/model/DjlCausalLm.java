package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.FreeMemory;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.generation.PromptDecoder;
import dev.unlearn.model.generation.RolloutDecoder;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A causal language model on a DJL {@link Network}. Thread-safe: calls take turns, closing waits
 * for the call that the model is in, and what {@link Access} says of runs.
 *
 * @hidden not API
 */
public final class DjlCausalLm implements TrainableCausalLm {
  private final String family;
  private final Network network;
  private final Tokenizer tokenizer;
  private final boolean ownsTokenizer;
  private final Saver saver;
  private final OptionalLong decodingBytes;
  private final boolean checkpointing;
  private final HeadMemory headMemory = new HeadMemory();
  private volatile OptionalLong heldBytes = OptionalLong.empty();
  private final ModelInfo info;
  private final Access access;
  private @Nullable TrainedParameters trained;
  private volatile boolean written;
  private volatile boolean closed;

  /**
   * Creates a model.
   *
   * @param family the model family, for {@link #info()}
   * @param network closed with this model
   * @param ownsTokenizer whether the tokenizer is closed with this model, if it can be
   * @param options on decoding and checkpointing; device and precision are the network's
   */
  public DjlCausalLm(
      String family,
      Network network,
      Tokenizer tokenizer,
      boolean ownsTokenizer,
      Saver saver,
      LoadOptions options) {
    this.family = family;
    this.network = network;
    this.tokenizer = tokenizer;
    this.ownsTokenizer = ownsTokenizer;
    this.saver = saver;
    decodingBytes = options.decodingBytes();
    checkpointing = options.activationCheckpointing();
    info =
        new ModelInfo(
            family,
            network.parameters().values().stream().mapToLong(NDArray::size).sum(),
            network.layerCount(),
            "float32",
            network.manager().getDevice().toString());
    access = Access.to(network.weights());
  }

  /**
   * Returns a model that comes from this library as what it is.
   *
   * @throws IllegalArgumentException if it does not
   */
  public static DjlCausalLm of(TrainableCausalLm model) {
    checkArgument(
        requireNonNull(model, "model") instanceof DjlCausalLm,
        "model must come from CausalLms, but was: %s",
        model.getClass());
    return (DjlCausalLm) model;
  }

  /** Remembers that what is trained has been written to. */
  public static void setWritten(TrainableCausalLm model) {
    if (model instanceof DjlCausalLm own) {
      own.written = true;
    }
  }

  /**
   * Returns whether what is trained has been written to: pages of a mapped file have become memory.
   */
  public static boolean isWritten(TrainableCausalLm model) {
    return model instanceof DjlCausalLm own && own.written;
  }

  /** Frees the gradients of what is trained; those that must stay become zero. */
  public static void clearGradients(TrainableCausalLm model) {
    freeGradients(model);
    Torch.zeroGradients(model.parameters().values());
  }

  /** Frees the gradients of what is trained; those that must stay are left as they are. */
  public static void freeGradients(TrainableCausalLm model) {
    Torch.freeGradients(withFreeableGradients(model));
  }

  /** Lets passes leave memory of the head to the next pass, until {@link #releaseHeadMemory}. */
  public static void holdHeadMemory(TrainableCausalLm model) {
    if (model instanceof DjlCausalLm own) {
      try (Access.Turn turn = own.use()) {
        own.headMemory.hold(own.network.manager());
      }
    }
  }

  /** Frees memory of the head that waits for the next pass. */
  public static void releaseHeadMemory(TrainableCausalLm model) {
    if (model instanceof DjlCausalLm own) {
      try (Access.Turn turn = own.use()) {
        own.headMemory.release();
      }
    }
  }

  /** Returns those of the trained arrays whose gradients are freed after each update. */
  public static Collection<NDArray> withFreeableGradients(TrainableCausalLm model) {
    return model instanceof DjlCausalLm own
        ? own.network.withFreeableGradients(own.parameters().values())
        : List.of();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  /**
   * Reads a prompt that several sequences share once, where the network can, unless all is asked.
   */
  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    try (Access.Turn turn = use()) {
      SequenceChecks.checkToScore(sequences, this);
      return new Scorer(network).score(sequences, detail, decodingBytes() / 4);
    }
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    try (Access.Turn turn = use()) {
      SequenceChecks.check(prompts, decoding, network.vocabularySize(), network.contextLength());
      return new PromptDecoder(network, decodingBytes()).decode(prompts, decoding, listener);
    }
  }

  /** Reads sequences once where they fit into memory together. */
  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    try (Access.Turn turn = use()) {
      SequenceChecks.check("sequence", sequences, this);
      GreedyRollouts.check(sequences, prefixLengths, order);
      return new RolloutDecoder(network, decodingBytes())
          .readAndDecode(sequences, prefixLengths, order, listener)
          .orElseGet(
              () -> {
                Runnable step = () -> GreedyRollouts.checkNotCancelled(listener);
                List<TokenScores> choices =
                    MicroBatches.score(this, sequences, ScoreDetail.CHOICES, step);
                return continueGreedily(sequences, prefixLengths, choices, order, listener);
              });
    }
  }

  /** Decodes many rows at once over keys and values that rows of one sequence share. */
  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    try (Access.Turn turn = use()) {
      SequenceChecks.check("sequence", sequences, this);
      GreedyRollouts rollouts = GreedyRollouts.of(sequences, prefixLengths, scores, order);
      return rollouts.join(
          new RolloutDecoder(network, decodingBytes()).decode(sequences, rollouts, listener));
    }
  }

  /** Returns what decoding, and packed weights while scoring, may take now. */
  public long decodingBytes() {
    if (heldBytes.isPresent()) {
      return heldBytes.getAsLong();
    }
    // A power of two: runs that find about as much memory free cut their work alike.
    return decodingBytes.orElseGet(
        () -> Long.highestOneBit(FreeMemory.of(network.manager().getDevice()) / 2));
  }

  /**
   * Lets {@link #decodingBytes()} be a number, whatever memory is free, until the result is closed:
   * how work is cut decides how sums are rounded.
   */
  public HeldBytes holdDecodingBytes(long bytes) {
    heldBytes = OptionalLong.of(bytes);
    return () -> heldBytes = OptionalLong.empty();
  }

  /**
   * Keeps the bytes for decoding at a number.
   *
   * @hidden not API
   */
  @FunctionalInterface
  public interface HeldBytes extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public Pass pass(TokenBatch batch) {
    return pass(batch, true);
  }

  @Override
  public Pass passWithoutGradients(TokenBatch batch) {
    return pass(batch, false);
  }

  @Override
  public Optional<Pass> passWithoutGradients(TokenBatch batch, Map<String, NDArray> values) {
    try (Access.Turn turn = use()) {
      SequenceChecks.check("sequence", batch.sequences(), this);
      IdentityHashMap<NDArray, NDArray> others = new IdentityHashMap<>();
      parameters().forEach((name, own) -> others.put(own, sameShape(name, own, values.get(name))));
      return network
          .with(array -> others.getOrDefault(array, array))
          .map(
              other ->
                  new GuardedPass(
                      new NetworkPass(other, batch, false, false, headMemory), this::use));
    }
  }

  private static NDArray sameShape(String name, NDArray own, @Nullable NDArray value) {
    checkArgument(
        value != null && value.getShape().equals(own.getShape()),
        "the value of %s must have shape %s, but has: %s",
        name,
        own.getShape(),
        value == null ? null : value.getShape());
    return value;
  }

  private Pass pass(TokenBatch batch, boolean trained) {
    try (Access.Turn turn = use()) {
      SequenceChecks.check("sequence", batch.sequences(), this);
      return new GuardedPass(
          new NetworkPass(network, batch, trained, checkpointing, headMemory), this::use);
    }
  }

  /** Returns in which numbers training computes. */
  public Precision precision() {
    return network.precision();
  }

  /** Returns in which numbers training of any model computes. */
  public static Precision precisionOf(TrainableCausalLm model) {
    return model instanceof DjlCausalLm own ? own.precision() : Precision.FLOAT32;
  }

  /** Returns the weights, or what is trained instead of them; see {@link #train}. */
  @Override
  public Map<String, NDArray> parameters() {
    try (Access.Turn turn = use()) {
      return trained == null ? network.parameters() : trained.arrays();
    }
  }

  /**
   * Trains other parameters than all weights, until the result is closed: only they are {@link
   * #parameters()}, and no others collect gradients.
   *
   * @param parameters float32 by name, in a fixed order: weights of this model, or arrays that its
   *     layers have been given
   * @throws IllegalStateException if others are chosen already
   */
  public TrainedParameters train(Map<String, NDArray> parameters) {
    try (Access.Turn turn = change()) {
      checkState(
          trained == null,
          "a model can have one adapter or one choice of trained weights at a time; close the one"
              + " it has");
      trained =
          new TrainedParameters(
              parameters, network.parameters().values(), access, () -> trained = null);
      access.isAlsoTo(parameters.values());
      return trained;
    }
  }

  /** Returns all weights, those that are not trained among them; see {@link Network#weights()}. */
  Collection<NDArray> weights() {
    return network.weights();
  }

  /** Returns whether {@link #parameters()} are all weights, and nothing else. */
  public boolean trainsAllWeights() {
    try (Access.Turn turn = use()) {
      return trained == null;
    }
  }

  /** Returns what training passes take; empty where the network does not tell its layers. */
  public Optional<PassMemory> passMemory() {
    boolean scoresInCache = Scorer.matrixInCache(network).isPresent();
    return network
        .decoderSpec()
        .map(spec -> new PassMemory(spec, network.precision(), checkpointing, scoresInCache));
  }

  /** Returns whether an adapter is attached that is not merged. */
  public boolean isAdapted() {
    return network.linears().values().stream().anyMatch(Linear::isAdapted);
  }

  /** Returns the linear layers by the paths of their modules; see {@link Network#linears()}. */
  public Map<String, Linear> linears() {
    checkOpen();
    return network.linears();
  }

  @Override
  public NDManager manager() {
    return network.manager();
  }

  @Override
  public int vocabularySize() {
    return network.vocabularySize();
  }

  @Override
  public int contextLength() {
    return network.contextLength();
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public ModelInfo info() {
    checkOpen();
    return info;
  }

  /**
   * Returns this model as DJL's text generation takes it. It sees later changes of the weights.
   *
   * @throws IllegalArgumentException if this model was not loaded from a HuggingFace folder or made
   *     of a configuration
   */
  public Predictor<NDList, CausalLMOutput> predictor() {
    checkOpen();
    checkArgument(
        network.keepsKeysAndValues(),
        "model must be loaded from a HuggingFace folder or made by create to continue from keys and"
            + " values, but is: %s",
        family);
    return new GenerationPredictor(this);
  }

  NDList generationStep(NDList inputs) {
    try (Access.Turn turn = use()) {
      return network.generationStep(inputs);
    }
  }

  /** Refuses what {@link #save} would refuse: an adapted model, and what {@link Saver} says. */
  public void checkSavable(Path target, SaveOptions options) {
    try (Access.Turn turn = use()) {
      checkArgument(
          !isAdapted(),
          "a model with an adapter cannot be saved as it is: merge the adapter into the weights"
              + " (Adapter.merge), or close it first");
      saver.check(network.parameters(), target, options);
    }
  }

  /** Writes this model; see {@link Saver}. */
  public void save(Path target, SaveOptions options) {
    try (Access.Turn turn = use()) {
      checkSavable(target, options);
      saver.save(network.parameters(), target, options);
    }
  }

  /**
   * Waits for a turn to compute with this model; see {@link Access#use}.
   *
   * @throws IllegalStateException also if this is closed
   */
  public Access.Turn use() {
    return ifOpen(access.use());
  }

  /**
   * Waits for a turn to change this model's layers; see {@link Access#change}.
   *
   * @throws IllegalStateException also if this is closed
   */
  public Access.Turn change() {
    return ifOpen(access.change());
  }

  /** Returns who may use this model now. */
  public Access access() {
    return access;
  }

  Access.Turn reserve() {
    return ifOpen(access.reserve());
  }

  /**
   * Frees the network, and the tokenizer if it is owned, after the call that the model is in;
   * calling it again does nothing.
   *
   * @throws IllegalStateException if the model is being unlearned, or this is called from within a
   *     call of it
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    try (Access.Turn turn = access.change()) {
      if (!closed) {
        closed = true;
        free();
      }
    }
  }

  private void free() {
    network.close();
    if (ownsTokenizer && tokenizer instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new IllegalStateException("the tokenizer could not be closed", e);
      }
    }
  }

  private Access.Turn ifOpen(Access.Turn turn) {
    if (closed) {
      turn.close();
    }
    checkOpen();
    return turn;
  }

  private void checkOpen() {
    checkState(!closed, "the model is closed");
  }
}
