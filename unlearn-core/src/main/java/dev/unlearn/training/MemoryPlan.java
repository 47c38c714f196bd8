package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a run fits into the memory that is free when it begins. In order of preference: everything in
 * memory; the original weights on disk; smaller micro-batches, down to one sequence.
 *
 * <p>The need is estimated from above: gradients, the optimizer's state, copies of the weights, and
 * the activations of one micro-batch. Weights that never were trained count, too: those of a mapped
 * file take memory when the first update writes to them. Activations follow from a transformer's
 * usual shape, {@code parameters = layers · 12 width² + vocabulary · width}, which gives the width.
 * It knows nothing of capped attention, which keeps its scores. See docs/native-memory.md for how
 * far it is from measured peaks.
 *
 * @param snapshotOnDisk whether the original weights should lie on disk
 * @param microBatchTokens padded tokens of a micro-batch, at most as many as were asked for
 * @param neededBytes what the run will take at its peak, beside what is taken already, about
 * @param freeBytes what is free
 */
record MemoryPlan(boolean snapshotOnDisk, int microBatchTokens, long neededBytes, long freeBytes) {
  /** Float32 numbers that a layer keeps for the backward pass, per token and unit of width. */
  private static final int KEPT_PER_LAYER = 44;

  /** Numbers per token and unit of width that exist once, whatever the number of layers. */
  private static final int KEPT_ONCE = 24;

  /** For models that do not tell how many layers they have. */
  private static final int ASSUMED_LAYERS = 32;

  /** What scoring takes at a time; it keeps nothing of a layer. */
  private static final int SCORED_TOKENS = 4096;

  /** Logits, their gradient and what comes between: at most so many pieces of 32 MiB exist. */
  private static final int PIECES = 4;

  private static final long PIECE_BYTES = 32L << 20;

  /** What a pass keeps of the head's probabilities for the way back, at most. */
  private static final long KEPT_HEAD_BYTES = 384L << 20;

  /** As often: the pieces that are freed between them leave gaps that glibc does not close. */
  private static final int KEPT_HEAD_GAPS = 2;

  /** Logits that exist whole: as they are computed, cut, handed out, and gaps as above. */
  private static final int WHOLE_LOGITS = 5;

  private static final long LEAST_DECODING_BYTES = 64L << 20;

  /** Kernels and allocator keep some for themselves. */
  private static final long ENGINE_BYTES = 128L << 20;

  private static final Set<Need> LOGITS =
      EnumSet.of(Need.REFERENCE_LOGITS, Need.RETAIN_REFERENCE_LOGITS);
  private static final Set<Need> ORIGINAL_IN_EACH_UPDATE =
      EnumSet.of(
          Need.REFERENCE_LIKELIHOODS,
          Need.REFERENCE_LOGITS,
          Need.RETAIN_REFERENCE_LOGITS,
          Need.RETAIN_REFERENCE_STATES);

  /**
   * Plans a run; nothing is allocated.
   *
   * @param retain what updates draw from to keep
   * @param free returns the bytes that are free on the model's device
   * @throws IllegalArgumentException if there is not enough even for one sequence at a time
   */
  static MemoryPlan of(
      TrainableCausalLm model,
      Recipe recipe,
      ForgetSet set,
      List<TokenSequence> retain,
      LongSupplier free) {
    boolean alternatives = recipe.objective().needs().contains(Need.ALTERNATIVES);
    int longest =
        Stream.of(
                set.sequences(), set.alternatives().stream().flatMap(List::stream).toList(), retain)
            .flatMap(List::stream)
            .mapToInt(TokenSequence::length)
            .max()
            .orElse(1);
    longest = Math.min(longest + recipe.randomContext().maxContext(), model.contextLength());
    int least = alternatives ? 2 * longest : longest; // they are computed side by side
    long totalTokens = (long) least * Math.max(set.size(), recipe.retainPerUpdate());
    Estimate estimate = new Estimate(model, recipe);
    long freeBytes = free.getAsLong();
    int tokens = recipe.microBatchTokens();
    while (true) {
      long rows = Math.max(least, Math.min(tokens, totalTokens));
      for (boolean onDisk : new boolean[] {false, true}) {
        long needed = estimate.needed(rows, onDisk);
        if (needed <= freeBytes) {
          return new MemoryPlan(onDisk, tokens, needed, freeBytes);
        }
      }
      checkArgument(
          tokens > least,
          "the run needs about %s of memory beside what is in use, with one sequence at a time and"
              + " the original weights on disk, but %s are free: use an optimizer with a smaller"
              + " state (sgd, adafactor), train an adapter, shorten the sequences, free memory, or say"
              + " in RunOptions.memoryBytes that there is more",
          human(estimate.needed(least, true)),
          human(freeBytes));
      tokens = (int) Math.max(least, Math.min(tokens, totalTokens) / 2);
    }
  }

  /**
   * Returns what decoding may take while everything else is there: half of what is left, in powers
   * of two, so that runs that find about as much free cut their work alike; and at least {@value
   * #LEAST_DECODING_BYTES}, which is less than what a micro-batch's activations leave free by then.
   */
  long decodingBytes() {
    return Long.highestOneBit(Math.max(LEAST_DECODING_BYTES, (freeBytes - neededBytes) / 2));
  }

  /**
   * Takes the snapshot where the plan says.
   *
   * @param folder where a file may lie for a moment; null for a temporary folder
   */
  Snapshot snapshot(TrainableCausalLm model, @Nullable Path folder) {
    if (!snapshotOnDisk) {
      return new Snapshot(model);
    }
    return folder == null ? Snapshot.onDisk(model) : Snapshot.onDisk(model, folder);
  }

  /** The parts of the need that do not depend on what is decided. */
  private static final class Estimate {
    private final long copyBytes;
    private final long fixedBytes;
    private final boolean diskIsOfUse;
    private final boolean wholeLogits;
    private final long vocabulary;
    private final long numbersPerToken;
    private final long scoredNumbersPerToken;

    Estimate(TrainableCausalLm model, Recipe recipe) {
      Objective objective = recipe.objective();
      Collection<NDArray> parameters = model.parameters().values();
      copyBytes = bytes(parameters);
      long fresh = bytes(TorchOps.get().withoutGradient(parameters));
      boolean mayBeMapped = Devices.isHost(model.manager().getDevice());
      long largest = parameters.stream().mapToLong(MemoryPlan::bytes).max().orElse(0);
      fixedBytes =
          ENGINE_BYTES
              + (mayBeMapped ? fresh : 0)
              + fresh
              + recipe.optimizer().stateBytes(parameters)
              + (recipe.onGiveUp() == GiveUp.KEEP_BEST ? copyBytes : 0)
              + 2 * largest; // what a backward pass adds to a gradient, and what a swap copies
      diskIsOfUse = objective.needs().stream().noneMatch(ORIGINAL_IN_EACH_UPDATE::contains);
      int layers = model.info().layerCount();
      wholeLogits = layers == 0 || objective.needs().stream().anyMatch(LOGITS::contains);
      vocabulary = model.vocabularySize();
      long known = layers == 0 ? ASSUMED_LAYERS : layers;
      double width = width(model.info().parameterCount(), known, vocabulary);
      boolean checkpointing = model instanceof DjlCausalLm djl && djl.keepsOnlyStates();
      // One layer's activations, their gradients, and the states of all layers.
      long kept = checkpointing ? known + 2 * KEPT_PER_LAYER : KEPT_PER_LAYER * known;
      numbersPerToken = (long) (width * (kept + KEPT_ONCE));
      scoredNumbersPerToken = (long) (width * KEPT_ONCE);
    }

    /** Solves {@code 12 layers w² + vocabulary w = parameters}. */
    private static double width(long parameters, long layers, long vocabulary) {
      double a = 12.0 * layers;
      return (Math.sqrt((double) vocabulary * vocabulary + 4 * a * parameters) - vocabulary)
          / (2 * a);
    }

    long needed(long tokens, boolean onDisk) {
      long logits = Float.BYTES * vocabulary * tokens;
      long head =
          PIECES * Math.min(PIECE_BYTES, logits)
              + KEPT_HEAD_GAPS * Math.min(KEPT_HEAD_BYTES, logits)
              + (wholeLogits ? WHOLE_LOGITS * logits : 0);
      long activations =
          Float.BYTES * Math.max(numbersPerToken * tokens, scoredNumbersPerToken * SCORED_TOKENS);
      return fixedBytes + (onDisk && diskIsOfUse ? 0 : copyBytes) + head + activations;
    }
  }

  private static long bytes(Collection<NDArray> arrays) {
    return arrays.stream().mapToLong(MemoryPlan::bytes).sum();
  }

  private static long bytes(NDArray array) {
    return array.size() * array.getDataType().getNumOfBytes();
  }

  /** Returns bytes in the unit that gives a number of few digits. */
  static String human(long bytes) {
    return bytes < 10L << 30
        ? "%d MiB".formatted(bytes >> 20)
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
  }
}
