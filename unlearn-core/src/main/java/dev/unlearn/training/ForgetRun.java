package dev.unlearn.training;

import com.google.common.base.Strings;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
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
import dev.unlearn.model.Fingerprint;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.channels.ClosedChannelException;
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
 *
 * @hidden not API
 */
public final class ForgetRun {
  private static final Logger logger = LoggerFactory.getLogger(ForgetRun.class);

  /** A chain of causes may be a circle. */
  private static final int MAX_CAUSES = 100;

  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final RunSetup setup;
  private final RunPulse pulse;
  private final ReportBuilder report;

  /** An interrupt is put aside while the weights come back: it would end the reading of files. */
  private boolean interrupted;

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
   * @throws ForgetFailedException if something failed after that; the original weights are back,
   *     unless its report says otherwise
   */
  public ForgetReport execute() {
    ForgetReport result;
    try {
      pulse.step();
      result = prepareAndRun();
    } catch (ForgetFailedException e) {
      setup.listener().ended(e.report());
      throw e;
    } catch (RuntimeException e) {
      Optional<String> cancelled = cancelled(e);
      if (cancelled.isEmpty()) {
        throw e;
      }
      String reason = "cancelled before epoch 0: " + cancelled.get();
      result = report.build(new Ending(Outcome.CANCELLED, reason), true, List.of());
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
    setup.digestKey().ifPresent(key -> report.digest("forgetSet", SetDigest.of(set, key.bytes())));
    List<TokenSequence> retain = encode(recipe.retain());
    List<TokenSequence> unseen = encode(recipe.unseen());
    checkInput(retain, unseen);
    MemoryPlan plan = MemoryPlan.of(model, recipe, set, retain, freeBytes());
    String digest = WeightsDigest.of(model);
    report.digest("model.before", digest);
    report.digest("model.after", digest);
    pulse.step(); // an interrupt would fail what the work directory is opened with
    try (Checkpoints checkpoints = checkpoints(digest, plan, retain, unseen);
        DjlCausalLm.HeldBytes held = hold(checkpoints.numbers())) {
      report.plan(plan, checkpoints.numbers());
      if (checkpoints.history().isEmpty()) {
        setup.rollback().ifPresent(KeptRollback::check);
      }
      return measureAndRun(checkpoints, plan, retain, unseen, digest);
    }
  }

  private long freeBytes() {
    return setup.memoryBytes().orElseGet(() -> FreeMemory.of(model.manager().getDevice()));
  }

  private ForgetReport measureAndRun(
      Checkpoints checkpoints,
      MemoryPlan plan,
      List<TokenSequence> retain,
      List<TokenSequence> unseen,
      String digest) {
    HealthCheck healthCheck;
    StoppingCriterion criterion;
    Snapshot original;
    try {
      healthCheck =
          unseen.isEmpty() ? null : new HealthCheck(model, unseen, recipe.healthBound(), pulse);
      criterion =
          recipe.stopWhen() != null ? recipe.stopWhen() : measuredThresholds(unseen, digest);
      report.criterion(criterion);
      original = plan.snapshot(model, checkpoints.folder().orElse(null));
    } catch (IllegalArgumentException e) {
      throw e; // what was given cannot be worked with
    } catch (Throwable e) { // also checked ones that a lambda of another language lets out
      return ended(List.of(), 0, true, e);
    }
    try (Snapshot snapshot = original;
        BestWeights best = new BestWeights(model);
        EpochLoop loop =
            new EpochLoop(
                recipe,
                model,
                new OriginalModel(model, snapshot, setup.originalModel().orElse(null), pulse),
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
          setup.rollback().ifPresent(rollback -> rollback.write(snapshot, model));
        }
        checkpoints.delete();
        return result;
      } catch (Throwable e) { // also checked ones that a lambda of another language lets out
        interrupted |= Thread.interrupted();
        loop.resumedAfter().ifPresent(report::resumedAfter);
        WayBack back = new WayBack(model, snapshot, digest);
        boolean restored = back.restored(e);
        // What closing says must not stand in the way of the report.
        WayBack.closeQuietly(loop, e);
        WayBack.closeQuietly(best, e);
        if (!restored) { // perhaps for want of memory, which these held
          restored = back.restored(e);
        }
        return ended(loop.history(), loop.epoch(), restored, e);
      }
    }
  }

  private Checkpoints checkpoints(
      String digest, MemoryPlan plan, List<TokenSequence> retain, List<TokenSequence> unseen) {
    RunNumbers numbers = RunNumbers.of(model, plan);
    if (setup.workDirectory().isEmpty()) {
      return Checkpoints.none(model, numbers);
    }
    RunIdentity identity =
        new RunIdentity(recipe, model, set, retain, unseen, setup, digest, Fingerprint.of(model));
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

  private void checkInput(List<TokenSequence> retain, List<TokenSequence> unseen) {
    ModelChecks.checkAlternatives(model, recipe.objective(), set);
    recipe.objective().check(model, set);
    ModelChecks.checkTrained(model, "text to retain", retain);
    ModelChecks.checkOthers("text to retain", retain, set);
    ModelChecks.checkOthers("unseen text", unseen, set);
    if (recipe.guard() != null) {
      recipe.guard().check(model, set);
    }
    double loss = ModelChecks.check(model, set);
    setup.originalModel().ifPresent(copy -> ModelChecks.checkCopy(copy, model, set, loss));
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

  /** Ends a run early; one that was cancelled ends well, any other is thrown. */
  private ForgetReport ended(
      List<EpochReport> history, int epoch, boolean restored, Throwable cause) {
    if (!restored) {
      report.noDigest("model.after");
    }
    Optional<String> cancelled = cancelled(cause);
    if (restored && cancelled.isPresent()) {
      String reason = "cancelled in epoch %d: %s".formatted(epoch, cancelled.get());
      return report.build(new Ending(Outcome.CANCELLED, reason), true, history);
    }
    // A report goes further than an exception: the words in it are our own.
    String reason = "failed in epoch %d by %s".formatted(epoch, cause.getClass().getName());
    throw new ForgetFailedException(
        WayBack.message(epoch, restored, cause),
        report.build(new Ending(Outcome.FAILED, reason), restored, history),
        cause);
  }

  /** Says why a run was cancelled, also where code in between wrapped it or a file was closed. */
  private Optional<String> cancelled(Throwable failure) {
    interrupted |= Thread.interrupted();
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++, cause = cause.getCause()) {
      if (cause instanceof RunCancelledException) {
        return Optional.of(Strings.nullToEmpty(cause.getMessage()));
      }
      if (interrupted && cause instanceof ClosedChannelException) {
        return Optional.of(Cancellation.INTERRUPTED);
      }
    }
    return Optional.empty();
  }
}
