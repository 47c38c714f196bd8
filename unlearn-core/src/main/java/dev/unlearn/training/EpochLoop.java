package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lots, one after the other; for each, a measurement before its first update, then epochs of one
 * update and one decision, until the criterion decides.
 */
final class EpochLoop implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(EpochLoop.class);

  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final StoppingCriterion criterion;
  private final UnlearningListener listener;
  private final RunPulse pulse;
  private final OriginalModel original;
  private final Divergence divergence;
  private final LotData data;
  private final int microBatchTokens;
  private final ObjectiveMemory memory = new ObjectiveMemory();
  private final Measurements measurements;
  private final @Nullable BestWeights best;
  private final Checkpoints checkpoints;
  private final RunHistory history;
  private @Nullable Updates updates;
  private OptionalInt resumedAfter = OptionalInt.empty();
  private int epoch;
  private int lotEpoch;

  /**
   * Prepares a loop.
   *
   * @param best null if the best weights are not kept
   * @param checkpoints where the run was before, and where every whole epoch goes
   */
  EpochLoop(
      Recipe recipe,
      TrainableCausalLm model,
      OriginalModel original,
      @Nullable BestWeights best,
      ForgetSet set,
      List<TokenSequence> retain,
      StoppingCriterion criterion,
      Checkpoints checkpoints,
      UnlearningListener listener,
      RunPulse pulse) {
    this.recipe = recipe;
    this.model = model;
    this.set = set;
    microBatchTokens = checkpoints.numbers().microBatchTokens();
    this.criterion = criterion;
    this.checkpoints = checkpoints;
    this.listener = listener;
    this.pulse = pulse;
    this.original = original;
    this.best = best;
    divergence = new Divergence(model, recipe.gradientLimit());
    history = new RunHistory(recipe.strategy(), set);
    data = new LotData(recipe, set, retain, model.contextLength());
    measurements = new Measurements(model, original, checkpoints.corpusIds(), pulse);
    pulse.limitIs(criterion.epochLimit());
  }

  List<EpochReport> history() {
    return history.epochs();
  }

  int epoch() {
    return epoch;
  }

  /** The epoch after which this run took over from one before it. */
  OptionalInt resumedAfter() {
    return resumedAfter;
  }

  Ending run() {
    if (recipe.objective().needs().contains(Need.REFERENCE_LIKELIHOODS)) {
      original.remember(set.sequences());
      if (recipe.objective().needs().contains(Need.ALTERNATIVES)) {
        original.remember(set.alternatives().stream().flatMap(List::stream).toList());
      }
    }
    resume();
    int settled = history.settled();
    Optional<Lot> next = history.next();
    if (next.isEmpty() && settled > 0) {
      return ending(history.epochs().get(settled - 1).decision());
    }
    checkState(
        next.isPresent(),
        "strategy %s must name at least one lot, but named none",
        recipe.strategy().description());
    boolean begun = history.isInsideLot();
    Ending ending;
    do {
      Lot lot = next.get();
      startUpdates(lot);
      ending = run(lot, begun ? goOn(lot) : begin(lot));
      begun = false;
      if (ending.outcome() != Outcome.FORGOTTEN) {
        return ending;
      }
      next = history.next();
    } while (next.isPresent());
    return ending;
  }

  /** Brings back the last whole epoch, if there was one. */
  private void resume() {
    history.addAll(checkpoints.history());
    if (history.isEmpty()) {
      return;
    }
    epoch = history.last().epoch();
    lotEpoch = history.last().lotEpoch();
    resumedAfter = OptionalInt.of(epoch);
    logger.info("resumed after epoch {}", epoch);
    checkpoints.load(memory);
    if (best != null) {
      checkpoints.loadBest(best);
    }
    checkpoints.loadWeights();
    measurements.resume(checkpoints.reportKeys(), history.epochs());
  }

  private void startUpdates(Lot lot) {
    if (updates != null && !lot.freshOptimizer()) {
      return;
    }
    boolean resumed = updates == null && !history.isEmpty();
    closeUpdates();
    updates =
        new Updates(
            model,
            recipe.objective(),
            recipe.optimizer(),
            microBatchTokens,
            recipe.gradientLimit(),
            original,
            memory);
    if (resumed && !history.beganAnewSinceUpdate(lot)) {
      checkpoints.loadOptimizer(updates.optimizer());
    }
  }

  /** Looks at a lot before its first update. */
  private Decision begin(Lot lot) {
    long start = System.nanoTime();
    lotEpoch = 0;
    pulse.epochIs(epoch, lotEpoch);
    measurements.lotIs(set.sequences(lot.indices()), Map.of());
    criterion.metrics().forEach(measurements::measure);
    Decision decision = decide(lot);
    report(lot, null, decision, start);
    keep();
    return decision;
  }

  /** Goes on with a lot that a run before this one began. */
  private Decision goOn(Lot lot) {
    EpochReport begin = history.epochs().get(history.settled());
    measurements.lotIs(
        set.sequences(lot.indices()), begin.epoch() == 0 ? begin.metrics() : Map.of());
    return history.last().decision();
  }

  private Ending run(Lot lot, Decision first) {
    Decision decision = first;
    while (decision instanceof Decision.Proceed proceed) {
      long start = System.nanoTime();
      epoch++;
      lotEpoch++;
      pulse.epochIs(epoch, lotEpoch);
      original.checkInPlace();
      UpdateResult update = update(lot, proceed.forgotten());
      Optional<String> harm = divergence.of(update);
      measurements.weightsChanged();
      if (harm.isEmpty()) {
        decision = decide(lot);
        harm = Divergence.undefined(measurements, history.epochs(), history.settled());
      }
      if (harm.isPresent()) {
        String reason = "in epoch %d %s".formatted(epoch, harm.get());
        report(lot, update, Decision.giveUp(reason), start);
        return new Ending(Outcome.DIVERGED, reason + ": " + update);
      }
      report(lot, update, decision, start);
      keep();
    }
    return ending(decision);
  }

  private static Ending ending(Decision decision) {
    return decision instanceof Decision.Forgotten forgotten
        ? new Ending(Outcome.FORGOTTEN, forgotten.reason())
        : new Ending(Outcome.GAVE_UP, ((Decision.GiveUp) decision).reason());
  }

  private UpdateResult update(Lot lot, List<Integer> forgotten) {
    UpdateData sequences = data.of(lot, forgotten, epoch, history.epochs());
    long tokens = sequences.tokens();
    pulse.updating(recipe.objective().description(), 0, tokens);
    return requireNonNull(updates)
        .update(
            epoch,
            sequences,
            done -> pulse.updating(recipe.objective().description(), done, tokens));
  }

  private Decision decide(Lot lot) {
    EpochProgress progress =
        new LoopProgress(
            epoch, lotEpoch, set.sequences(lot.indices()), history.epochs(), measurements);
    return violation(progress)
        .map(reason -> Decision.giveUp("guard: " + reason))
        .orElseGet(() -> checked(accepted(progress), lot));
  }

  /** Refuses a decision that a run cannot follow; criteria may be anybody's. */
  private Decision checked(@Nullable Decision decision, Lot lot) {
    checkState(
        decision != null,
        "a stopping criterion must return a decision, but returned null: %s",
        criterion.description());
    List<Integer> named = List.of();
    if (decision instanceof Decision.Proceed proceed) {
      named = proceed.forgotten();
    } else if (decision instanceof Decision.Forgotten forgotten) {
      named = forgotten.above();
    }
    int size = lot.indices().size();
    for (int index : named) {
      checkState(
          index >= 0 && index < size,
          "a stopping criterion must name sequences of the lot by indices in [0, %s), but named %s:"
              + " %s",
          size,
          index,
          criterion.description());
    }
    return decision;
  }

  private Optional<String> violation(EpochProgress progress) {
    return recipe.guard() == null ? Optional.empty() : recipe.guard().violation(progress);
  }

  /** Decides about weights that the guard has no objection to. */
  private Decision accepted(EpochProgress progress) {
    if (best != null) {
      best.offer(epoch, measurements.measureAside(MemorizationAccuracy.of(), set.sequences()));
    }
    return criterion.evaluate(progress);
  }

  private void report(Lot lot, @Nullable UpdateResult update, Decision decision, long start) {
    EpochReport.Builder builder =
        EpochReport.builder()
            .epoch(epoch)
            .lotEpoch(lotEpoch)
            .addAllLot(lot.indices())
            .putAllMetrics(measurements.ofLot())
            .putAllOtherMetrics(measurements.ofOtherData())
            .decision(decision)
            .duration(Duration.ofNanos(System.nanoTime() - start));
    if (update != null) {
      update.loss().ifPresent(builder::loss);
      builder.objective(update.objective()).gradientNorm(update.gradientNorm());
    }
    EpochReport report = builder.build();
    history.add(report);
    log(report);
    listener.epochEnded(report);
  }

  /** Lets the epoch outlive the process. */
  private void keep() {
    checkpoints.keep(
        history.last(),
        memory,
        measurements.reportKeys(),
        best,
        requireNonNull(updates).optimizer());
  }

  private void closeUpdates() {
    Updates closed = updates;
    updates = null;
    if (closed != null) {
      closed.close();
    }
  }

  @Override
  public void close() {
    closeUpdates();
  }

  private static void log(EpochReport report) {
    if (logger.isInfoEnabled()) {
      StringBuilder line = new StringBuilder("epoch ").append(report.epoch());
      report.loss().ifPresent(loss -> line.append(", loss ").append(loss));
      report
          .metrics()
          .forEach(
              (key, m) -> {
                line.append(", ").append(key).append(' ').append(m.value());
                m.interval().ifPresent(i -> line.append(' ').append(i));
              });
      logger.info("{}, {}", line, report.decision());
    }
  }
}
