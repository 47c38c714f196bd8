package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.Iterables;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.journal.EpochRecord;
import dev.unlearn.journal.Fingerprints;
import dev.unlearn.journal.Journal;
import dev.unlearn.journal.Resumed;
import dev.unlearn.journal.StoredState;
import dev.unlearn.journal.WorkDirectory;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole epochs of a run: where one before it ended, and where this one is. They outlive the
 * process if the run has a work directory; without one there is none before, and none is kept.
 */
final class Checkpoints implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(Checkpoints.class);
  private static final String WEIGHTS = "weights/";
  private static final String OPTIMIZER = "optimizer/";

  private final TrainableCausalLm model;
  private final RunNumbers numbers;
  private final Function<Corpus, String> corpusIds;
  private final @Nullable WorkDirectory directory;
  private final @Nullable Journal journal;
  private final Optional<Resumed> resumed;
  private Optional<EpochRecord.Best> keptBest;

  private Checkpoints(
      TrainableCausalLm model,
      RunNumbers numbers,
      Function<Corpus, String> corpusIds,
      @Nullable WorkDirectory directory,
      @Nullable Journal journal) {
    this.model = model;
    this.numbers = numbers;
    this.corpusIds = corpusIds;
    this.directory = directory;
    this.journal = journal;
    resumed = journal == null ? Optional.empty() : journal.resumed();
    keptBest = last().flatMap(EpochRecord::best);
  }

  /** Returns those of a run without a work directory. */
  static Checkpoints none(TrainableCausalLm model, RunNumbers numbers) {
    AtomicInteger count = new AtomicInteger();
    Function<Corpus, String> ids = remembered(unused -> "corpus " + count.incrementAndGet());
    return new Checkpoints(model, numbers, ids, null, null);
  }

  private static Function<Corpus, String> remembered(Function<Corpus, String> ids) {
    IdentityHashMap<Corpus, String> known = new IdentityHashMap<>();
    return corpus -> known.computeIfAbsent(corpus, ids);
  }

  /**
   * Returns those of a run in a work directory, which is closed with them, also if this fails.
   *
   * @throws IllegalArgumentException if the directory is of another run
   */
  static Checkpoints in(
      WorkDirectory directory, RunIdentity identity, TrainableCausalLm model, RunNumbers numbers) {
    Journal journal = null;
    try {
      journal = Journal.open(directory, identity.key(), identity.header(numbers.values()));
      RunNumbers before = new RunNumbers(journal.header().numbers());
      checkArgument(
          before.microBatchTokens() <= numbers.microBatchTokens(),
          "work directory %s is of a run that computed %s tokens at a time, but memory is free for"
              + " %s only: free some, or delete the folder to begin anew",
          directory.folder(),
          before.microBatchTokens(),
          numbers.microBatchTokens());
      Fingerprints fingerprints = Fingerprints.under(identity.key());
      return new Checkpoints(
          model,
          before,
          remembered(corpus -> fingerprints.of("measured", corpus)),
          directory,
          journal);
    } catch (RuntimeException | Error e) {
      if (journal != null) {
        journal.close();
      }
      directory.close();
      throw e;
    }
  }

  /** Returns the work directory. */
  Optional<Path> folder() {
    return Optional.ofNullable(directory).map(WorkDirectory::folder);
  }

  /** Returns the numbers of the first run. */
  RunNumbers numbers() {
    return numbers;
  }

  /** Returns names of corpora that are the same in every run of this kind. */
  Function<Corpus, String> corpusIds() {
    return corpusIds;
  }

  /** Returns the reports of all epochs of the run before. */
  List<EpochReport> history() {
    return resumed
        .map(before -> before.records().stream().map(EpochRecord::report).toList())
        .orElse(List.of());
  }

  /** Returns what {@link Measurements#reportKeys} was. */
  Map<String, String> reportKeys() {
    return last().map(EpochRecord::corpora).orElse(Map.of());
  }

  private Optional<EpochRecord> last() {
    return resumed.map(before -> Iterables.getLast(before.records()));
  }

  /** Brings back what the objective remembered. */
  void load(ObjectiveMemory memory) {
    last().ifPresent(last -> last.objectiveMemory().forEach(memory::set));
  }

  /** Brings back the best weights, through those of the model, which are others afterwards. */
  void loadBest(BestWeights best) {
    keptBest.ifPresent(
        kept -> {
          resumed
              .flatMap(Resumed::best)
              .ifPresent(state -> state.load(WEIGHTS, model.parameters()));
          best.resume(kept.epoch(), kept.value());
        });
  }

  /** Brings back the weights; before the first update they are the original ones, and there. */
  void loadWeights() {
    state().ifPresent(state -> state.load(WEIGHTS, model.parameters()));
  }

  /** Brings back what the optimizer remembered; nothing before the first update. */
  void loadOptimizer(OptimizerState optimizer) {
    state().ifPresent(state -> state.load(OPTIMIZER, optimizer.arrays()));
  }

  private Optional<StoredState> state() {
    return resumed.flatMap(Resumed::state);
  }

  /** Keeps an epoch: what was found out, and, after an update, the arrays to go on from. */
  void keep(
      EpochReport report,
      ObjectiveMemory memory,
      Map<String, String> reportKeys,
      @Nullable BestWeights best,
      OptimizerState optimizer) {
    if (journal == null) {
      return;
    }
    Optional<Map<String, NDArray>> state =
        report.lotEpoch() > 0 ? Optional.of(arrays(optimizer)) : Optional.empty();
    Optional<EpochRecord.Best> newBest = best == null ? Optional.empty() : best.known();
    // The best weights that are new are those of the model; at epoch 0 they are the original ones.
    boolean written = newBest.filter(b -> b.epoch() > 0).isPresent() && !newBest.equals(keptBest);
    EpochRecord record = new EpochRecord(report, memory.numbers(), reportKeys, newBest);
    // An interrupt would close the files: put aside, it ends the run at its next step.
    boolean interrupted = Thread.interrupted();
    try {
      journal.append(record, state, written ? Optional.of(weights()) : Optional.empty());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    keptBest = newBest;
  }

  private Map<String, NDArray> arrays(OptimizerState optimizer) {
    Map<String, NDArray> arrays = weights();
    optimizer.arrays().forEach((name, array) -> arrays.put(OPTIMIZER + name, array));
    return arrays;
  }

  private Map<String, NDArray> weights() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    model.parameters().forEach((name, array) -> arrays.put(WEIGHTS + name, array));
    return arrays;
  }

  /**
   * Deletes what was kept, when the run has come to its end. Files that cannot be deleted do not
   * undo what it did.
   */
  void delete() {
    if (directory == null || journal == null) {
      return;
    }
    journal.close();
    try {
      directory.deleteAll();
    } catch (RuntimeException e) {
      logger.warn("the run has ended, but {} must be deleted by hand", directory.folder(), e);
    }
  }

  @Override
  public void close() {
    if (journal != null) {
      journal.close();
    }
    if (directory != null) {
      directory.close();
    }
  }
}
