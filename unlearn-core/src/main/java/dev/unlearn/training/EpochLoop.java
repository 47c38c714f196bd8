package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lots, one after the other; for each, a measurement before its first update, then epochs of one
 * update and one decision, until the criterion decides.
 */
final class EpochLoop {
  private static final Logger logger = LoggerFactory.getLogger(EpochLoop.class);

  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final StoppingCriterion criterion;
  private final UnlearningListener listener;
  private final OriginalModel original;
  private final LotData data;
  private final ObjectiveMemory memory = new ObjectiveMemory();
  private final Measurements measurements;
  private final @Nullable BestWeights best;
  private final List<EpochReport> history = new ArrayList<>();
  private int epoch;
  private int lotEpoch;

  /**
   * Prepares a loop.
   *
   * @param best null if the best weights are not kept
   */
  EpochLoop(
      Recipe recipe,
      TrainableCausalLm model,
      OriginalModel original,
      @Nullable BestWeights best,
      ForgetSet set,
      List<TokenSequence> retain,
      StoppingCriterion criterion,
      UnlearningListener listener) {
    this.recipe = recipe;
    this.model = model;
    this.set = set;
    this.criterion = criterion;
    this.listener = listener;
    this.original = original;
    this.best = best;
    data = new LotData(recipe, set, retain, model.contextLength());
    measurements = new Measurements(model, original, this::measuring);
  }

  List<EpochReport> history() {
    return history;
  }

  int epoch() {
    return epoch;
  }

  Ending run() {
    if (recipe.objective().needs().contains(Need.REFERENCE_LIKELIHOODS)) {
      original.remember(set.sequences());
      if (recipe.objective().needs().contains(Need.ALTERNATIVES)) {
        original.remember(set.alternatives().stream().flatMap(List::stream).toList());
      }
    }
    Updates updates = null;
    try {
      Ending ending;
      Optional<Lot> next = recipe.strategy().next(set, history);
      checkState(
          next.isPresent(),
          "strategy %s must name at least one lot, but named none",
          recipe.strategy().description());
      do {
        if (updates == null || next.get().freshOptimizer()) {
          if (updates != null) {
            updates.close();
          }
          updates =
              new Updates(
                  model,
                  recipe.objective(),
                  recipe.optimizer(),
                  recipe.microBatchTokens(),
                  original,
                  memory);
        }
        ending = run(next.get(), updates);
        if (ending.outcome() != Outcome.FORGOTTEN) {
          return ending;
        }
        next = recipe.strategy().next(set, history);
      } while (next.isPresent());
      return ending;
    } finally {
      if (updates != null) {
        updates.close();
      }
    }
  }

  private Ending run(Lot lot, Updates updates) {
    List<TokenSequence> sequences = set.sequences(lot.indices());
    lotEpoch = 0;
    measurements.lotIs(sequences);
    long start = System.nanoTime();
    criterion.metrics().forEach(measurements::measure);
    Decision decision = decide(lot, sequences, null, start);
    while (decision instanceof Decision.Proceed) {
      start = System.nanoTime();
      epoch++;
      lotEpoch++;
      UpdateResult update = update(lot, ((Decision.Proceed) decision).forgotten(), updates);
      if (!update.isFinite()) {
        return diverged(lot, update, "loss, objective or gradient", start);
      }
      if (!ModelChecks.weightsAreFinite(model)) {
        return diverged(lot, update, "the weights", start);
      }
      measurements.weightsChanged();
      decision = decide(lot, sequences, update, start);
    }
    return decision instanceof Decision.Forgotten forgotten
        ? new Ending(Outcome.FORGOTTEN, forgotten.reason())
        : new Ending(Outcome.GAVE_UP, ((Decision.GiveUp) decision).reason());
  }

  private UpdateResult update(Lot lot, List<Integer> forgotten, Updates updates) {
    UpdateData sequences = data.of(lot, forgotten, epoch, history);
    long tokens = sequences.tokens();
    long[] done = {0};
    progress(RunProgress.Phase.UPDATING, recipe.objective().description(), 0, tokens);
    return updates.update(
        epoch,
        sequences,
        count -> {
          done[0] += count;
          progress(RunProgress.Phase.UPDATING, recipe.objective().description(), done[0], tokens);
        });
  }

  private Decision decide(
      Lot lot, List<TokenSequence> sequences, @Nullable UpdateResult update, long start) {
    EpochProgress progress =
        new LoopProgress(epoch, lotEpoch, sequences, List.copyOf(history), measurements);
    Decision decision =
        violation(progress)
            .map(reason -> Decision.giveUp("guard: " + reason))
            .orElseGet(() -> accepted(progress));
    report(lot, update, decision, start);
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
      builder.loss(update.loss()).objective(update.objective()).gradientNorm(update.gradientNorm());
    }
    EpochReport report = builder.build();
    history.add(report);
    log(report);
    listener.epochEnded(report);
  }

  private Ending diverged(Lot lot, UpdateResult update, String what, long start) {
    String reason = "in epoch %d %s became NaN or infinite".formatted(epoch, what);
    measurements.weightsChanged();
    report(lot, update, Decision.giveUp(reason), start);
    return new Ending(Outcome.DIVERGED, reason + ": " + update);
  }

  private void measuring(String what, long doneTokens, long totalTokens) {
    progress(RunProgress.Phase.MEASURING, what, doneTokens, totalTokens);
  }

  private void progress(RunProgress.Phase phase, String what, long doneTokens, long totalTokens) {
    listener.progressed(
        new RunProgress(
            phase, what, epoch, lotEpoch, criterion.epochLimit(), doneTokens, totalTokens));
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
