package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.model.PassMemory;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a run fits into the memory that is free when it begins. In order of preference: everything in
 * memory; the original weights on disk; smaller micro-batches, down to one sequence.
 *
 * <p>The need is gradients, the optimizer's state, copies of the weights, and the {@link
 * Activations} of one micro-batch. Weights count, too: those of a mapped file take memory when they
 * are first read. An eighth more must be free, because the need is an estimate; see
 * docs/native-memory.md for how far it is from measured peaks.
 *
 * @param snapshotOnDisk whether the original weights should lie on disk
 * @param microBatchTokens padded tokens of a micro-batch, at most as many as were asked for
 * @param neededBytes what the run will take at its peak, beside what is taken already, about
 * @param freeBytes what is free
 */
record MemoryPlan(boolean snapshotOnDisk, int microBatchTokens, long neededBytes, long freeBytes) {
  /** What scoring takes at a time. */
  private static final int SCORED_TOKENS = MicroBatches.DEFAULT_TOKENS;

  private static final long LEAST_DECODING_BYTES = 64L << 20;

  /** Java's own heap and code, and what kernels and allocator keep for themselves. */
  private static final long ENGINE_BYTES = 96L << 20;

  /** The part of the need that must be free beside it. */
  private static final int MARGIN = 8;

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
   * @param freeBytes what is free on the model's device
   * @throws IllegalArgumentException if there is not enough even for one sequence at a time
   */
  static MemoryPlan of(
      TrainableCausalLm model,
      Recipe recipe,
      ForgetSet set,
      List<TokenSequence> retain,
      long freeBytes) {
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
    Estimate estimate =
        new Estimate(model, recipe, longest, totalTokens, scoredTokens(recipe, totalTokens));
    int tokens = recipe.microBatchTokens();
    while (true) {
      long rows = Math.max(least, Math.min(tokens, totalTokens));
      for (boolean onDisk : new boolean[] {false, true}) {
        long needed = estimate.needed(rows, onDisk);
        if (withMargin(needed) <= freeBytes) {
          return new MemoryPlan(onDisk, tokens, needed, freeBytes);
        }
      }
      checkArgument(
          tokens > least,
          "the run needs about %s of memory beside what is in use, with one sequence at a time and"
              + " the original weights on disk, but %s are free: use an optimizer with a smaller"
              + " state (sgd, adafactor), train an adapter, shorten the sequences, free memory, or say"
              + " in RunOptions.memoryBytes that there is more",
          human(withMargin(estimate.needed(least, true))),
          human(freeBytes));
      tokens = (int) Math.max(least, Math.min(tokens, totalTokens) / 2);
    }
  }

  /** Scoring of the original model and of metrics reads what is trained on, or other texts. */
  private static long scoredTokens(Recipe recipe, long trainedTokens) {
    boolean others = recipe.unseen() != null || recipe.stopWhen() == null;
    return others ? SCORED_TOKENS : Math.min(SCORED_TOKENS, trainedTokens);
  }

  /** Returns what must be free for a run that needs so many bytes. */
  static long withMargin(long needed) {
    return needed + needed / MARGIN;
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
    private final Activations activations;

    Estimate(
        TrainableCausalLm model, Recipe recipe, int longest, long totalTokens, long scoredTokens) {
      Set<Need> needs = recipe.objective().needs();
      Collection<NDArray> parameters = model.parameters().values();
      copyBytes = bytes(parameters);
      // Those of an earlier run have memory already; those that were freed come and go.
      Collection<NDArray> passing = DjlCausalLm.withFreeableGradients(model);
      long gradients =
          bytes(TorchOps.get().withoutGradient(parameters))
              - bytes(TorchOps.get().withoutGradient(passing));
      boolean mayBeMapped = Devices.isHost(model.manager().getDevice());
      long frozen = Math.max(0, Float.BYTES * model.info().parameterCount() - copyBytes);
      long unwritten = DjlCausalLm.isWritten(model) ? 0 : copyBytes;
      fixedBytes =
          ENGINE_BYTES
              + (mayBeMapped ? unwritten + frozen : 0)
              + gradients
              + recipe.optimizer().stateBytes(parameters)
              + (recipe.onGiveUp() == GiveUp.KEEP_BEST ? copyBytes : 0);
      diskIsOfUse = needs.stream().noneMatch(ORIGINAL_IN_EACH_UPDATE::contains);
      long largest = parameters.stream().mapToLong(MemoryPlan::bytes).max().orElse(0);
      activations =
          passMemory(model)
              .<Activations>map(
                  passes ->
                      new DecoderActivations(
                          passes,
                          needs,
                          longest,
                          totalTokens,
                          scoredTokens,
                          largest,
                          bytes(passing)))
              .orElseGet(
                  () ->
                      new RoughActivations(
                          model.info(), model.vocabularySize(), scoredTokens, largest));
    }

    private static Optional<PassMemory> passMemory(TrainableCausalLm model) {
      return model instanceof DjlCausalLm own ? own.passMemory() : Optional.empty();
    }

    long needed(long tokens, boolean onDisk) {
      return fixedBytes + (onDisk && diskIsOfUse ? 0 : copyBytes) + activations.bytes(tokens);
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
