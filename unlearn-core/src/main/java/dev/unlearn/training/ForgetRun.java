package dev.unlearn.training;

import com.google.common.base.Throwables;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.internal.FreeMemory;
import dev.unlearn.journal.WorkDirectory;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a recipe on one model and set, from the checks to the report.
 *
 * <p>Everything that can be refused is refused before the snapshot; after it, whatever happens, the
 * model ends either forgotten or as it began, unless the recipe keeps the best or the last weights.
 */
public final class ForgetRun {
  private static final Logger logger = LoggerFactory.getLogger(ForgetRun.class);

  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final RunSetup setup;
  private final RunPulse pulse;
  private final ReportBuilder report;

  /** An interrupt is put aside while the weights come back: it would end the reading of files. */
  private boolean interrupted;

  private boolean rollbackKept;

  /** Prepares a run. */
  public ForgetRun(Recipe recipe, TrainableCausalLm model, ForgetSet set, RunSetup setup) {
    this.recipe = recipe;
    this.model = model;
    this.set = set;
    this.setup = setup;
    pulse = new RunPulse(setup.listener(), setup.cancellation());
    report = new ReportBuilder(recipe, model, set);
  }

  /**
   * Runs to the end.
   *
   * @throws IllegalArgumentException if the set, the unseen text, the model's weights or the work
   *     directory cannot be worked with, or there is too little memory; nothing was touched
   * @throws ForgetFailedException if something failed after that; the original weights are back
   */
  public ForgetReport execute() {
    ForgetReport result;
    try {
      result = prepareAndRun();
    } catch (RunCancelledException e) {
      Ending ending = new Ending(Outcome.CANCELLED, "cancelled before epoch 0: " + e.getMessage());
      result = report.build(ending, true, List.of());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    logger.info("{}: {}", result.outcome(), result.reason());
    setup.listener().ended(result);
    return result;
  }

  private ForgetReport prepareAndRun() {
    setup.rollback().ifPresent(KeptRollback::check);
    setup.digestKey().ifPresent(key -> report.digest("forgetSet", SetDigest.of(set, key.bytes())));
    List<TokenSequence> retain = encode(recipe.retain());
    checkInput(retain);
    MemoryPlan plan =
        MemoryPlan.of(model, recipe, set, retain, () -> FreeMemory.of(model.manager().getDevice()));
    List<TokenSequence> unseen = encode(recipe.unseen());
    String digest = WeightsDigest.of(model);
    report.digest("model.before", digest);
    if (plan.snapshotOnDisk() || plan.microBatchTokens() < recipe.microBatchTokens()) {
      logger.info("memory is short: {}", plan);
    }
    pulse.step(); // an interrupt would fail what the work directory is opened with
    try (Checkpoints checkpoints = checkpoints(digest, plan);
        DjlCausalLm.HeldBytes held = hold(checkpoints.numbers())) {
      HealthCheck healthCheck =
          unseen.isEmpty() ? null : new HealthCheck(model, unseen, recipe.healthBound(), pulse);
      StoppingCriterion criterion =
          recipe.stopWhen() != null ? recipe.stopWhen() : measuredThresholds(unseen, digest);
      report.criterion(criterion);
      try (Snapshot snapshot = plan.snapshot(model, setup.workDirectory().orElse(null));
          BestWeights best = new BestWeights(model);
          EpochLoop loop =
              new EpochLoop(
                  recipe,
                  model,
                  new OriginalModel(model, snapshot),
                  recipe.onGiveUp() == GiveUp.KEEP_BEST ? best : null,
                  set,
                  retain,
                  criterion,
                  checkpoints,
                  setup.listener(),
                  pulse)) {
        try {
          Verdict verdict = verdict(loop, best, healthCheck);
          if (verdict.restores()) {
            snapshot.restore();
          }
          String after = verdict.restores() ? digest : WeightsDigest.of(model);
          report.digest("model.after", after);
          ForgetReport result = report.build(verdict, loop.history());
          if (!after.equals(digest)) {
            keepRollback(snapshot);
          }
          checkpoints.delete();
          return result;
        } catch (Throwable e) { // also checked ones that a lambda of another language lets out
          return ended(loop, snapshot, digest, e);
        }
      }
    }
  }

  private void keepRollback(Snapshot original) {
    if (setup.rollback().isPresent()) {
      setup.rollback().get().write(original, model);
      rollbackKept = true;
    }
  }

  private Checkpoints checkpoints(String digest, MemoryPlan plan) {
    @Nullable DjlCausalLm own = model instanceof DjlCausalLm djl ? djl : null;
    RunNumbers numbers =
        RunNumbers.of(plan.microBatchTokens(), own == null ? 0 : own.decodingBytes());
    if (setup.workDirectory().isEmpty()) {
      return Checkpoints.none(model, numbers);
    }
    String weights = own == null ? digest : digest + own.weightsDigest();
    RunIdentity identity = new RunIdentity(recipe, set, setup, model.info().device(), weights);
    return Checkpoints.in(
        WorkDirectory.open(setup.workDirectory().get()), identity, model, numbers);
  }

  private DjlCausalLm.HeldBytes hold(RunNumbers numbers) {
    return model instanceof DjlCausalLm own
        ? own.holdDecodingBytes(numbers.decodingBytes())
        : () -> {};
  }

  private List<TokenSequence> encode(@Nullable Corpus corpus) {
    return corpus == null ? List.of() : model.tokenizer().sequences(corpus);
  }

  private void checkInput(List<TokenSequence> retain) {
    ModelChecks.checkAlternatives(model, recipe.objective(), set);
    recipe.objective().check(model, set);
    ModelChecks.checkTrained(model, "text to retain", retain);
    if (recipe.guard() != null) {
      recipe.guard().check(model, set);
    }
    ModelChecks.check(model, set);
    if (recipe.stopWhen() != null) {
      recipe.stopWhen().check(model, set);
    }
  }

  /** Thresholds of unseen text that is cut to the lengths of the set, so that both compare. */
  private StoppingCriterion measuredThresholds(List<TokenSequence> unseen, String modelDigest) {
    ExtractionLikelihood.of(recipe.order()).check(set.sequences());
    Corpus alike = Corpus.of(UnseenText.cutLike(unseen, set));
    RememberingCausalLm now = new RememberingCausalLm(model);
    now.measuring("thresholds on unseen text", alike.sequences(), pulse);
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(now, alike, recipe.order(), modelDigest);
    logger.info("measured {}", thresholds);
    return StoppingCriteria.forgotten(thresholds)
        .or(StoppingCriteria.maxEpochs(recipe.maxEpochs()));
  }

  private Verdict verdict(EpochLoop loop, BestWeights best, @Nullable HealthCheck healthCheck) {
    Ending ending = loop.run();
    loop.close(); // here, where a failure still brings the original weights back
    loop.resumedAfter().ifPresent(report::resumedAfter);
    Verdict verdict = Verdict.of(recipe.onGiveUp(), ending, loop.epoch(), best.epoch());
    if (verdict.wantsBest()) {
      best.restore();
    }
    return healthCheck == null || !verdict.mayStay()
        ? verdict
        : verdict.withHealth(healthCheck.after());
  }

  /** Brings the original weights back; a run that was cancelled ends well, any other is thrown. */
  private ForgetReport ended(EpochLoop loop, Snapshot snapshot, String digest, Throwable cause) {
    interrupted = Thread.interrupted();
    loop.resumedAfter().ifPresent(report::resumedAfter);
    boolean restored = restore(snapshot, cause);
    if (restored) {
      report.digest("model.after", digest);
      if (rollbackKept) {
        setup.rollback().ifPresent(rollback -> rollback.delete(cause));
      }
    }
    Optional<String> cancelled = cancelled(cause);
    if (restored && cancelled.isPresent()) {
      String reason = "cancelled in epoch %d: %s".formatted(loop.epoch(), cancelled.get());
      return report.build(new Ending(Outcome.CANCELLED, reason), true, loop.history());
    }
    // A report goes further than an exception: the words in it are our own.
    String reason = "failed in epoch %d by %s".formatted(loop.epoch(), cause.getClass().getName());
    throw new ForgetFailedException(
        failure(loop.epoch(), restored, cause),
        report.build(new Ending(Outcome.FAILED, reason), restored, loop.history()),
        cause);
  }

  /** Says why a run was cancelled, also where code in between wrapped it or a file was closed. */
  private Optional<String> cancelled(Throwable failure) {
    return Throwables.getCausalChain(failure).stream()
        .filter(
            cause ->
                cause instanceof RunCancelledException
                    || (interrupted && cause instanceof ClosedByInterruptException))
        .findFirst()
        .map(
            cause ->
                cause instanceof RunCancelledException
                    ? cause.getMessage()
                    : "the thread was interrupted");
  }

  /** Brings the original weights back; what goes wrong then is added to the failure. */
  static boolean restore(Snapshot snapshot, Throwable failure) {
    try {
      snapshot.restore();
      return true;
    } catch (RuntimeException | Error e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  static String failure(int epoch, boolean restored, Throwable cause) {
    return "unlearning failed in epoch %d (%s: %s); %s"
        .formatted(
            epoch,
            cause.getClass().getSimpleName(),
            cause.getMessage(),
            restored
                ? "the original weights are restored"
                : "the original weights could NOT be restored: load the model again");
  }
}
