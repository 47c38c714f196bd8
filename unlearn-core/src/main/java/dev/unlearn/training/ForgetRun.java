package dev.unlearn.training;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Health;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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

  /** Endings whose weights may stay, so that their effect matters. */
  private static final Set<Outcome> KEPT = Set.of(Outcome.FORGOTTEN, Outcome.PARTIAL);

  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final UnlearningListener listener;
  private final byte @Nullable [] digestKey;

  /**
   * Prepares a run.
   *
   * @param listener must not throw; see {@link SafeListener}
   * @param digestKey key of the forget set's digest; null for none
   */
  public ForgetRun(
      Recipe recipe,
      TrainableCausalLm model,
      ForgetSet set,
      UnlearningListener listener,
      byte @Nullable [] digestKey) {
    this.recipe = recipe;
    this.model = model;
    this.set = set;
    this.listener = listener;
    this.digestKey = digestKey;
  }

  /**
   * Runs to the end.
   *
   * @throws IllegalArgumentException if the set, the unseen text or the model's weights cannot be
   *     worked with; nothing was touched
   * @throws UnlearningException if something failed after that; the original weights are back
   */
  public ForgetReport execute() {
    ReportBuilder report = new ReportBuilder(recipe, model, set);
    if (digestKey != null) {
      report.digest("forgetSet", SetDigest.of(set, digestKey));
    }
    ModelChecks.checkAlternatives(model, recipe.objective(), set);
    recipe.objective().check(model, set);
    List<TokenSequence> retain =
        recipe.retain() == null ? List.of() : model.tokenizer().sequences(recipe.retain());
    ModelChecks.checkTrained(model, "text to retain", retain);
    if (recipe.guard() != null) {
      recipe.guard().check(model, set);
    }
    ModelChecks.check(model, set);
    if (recipe.stopWhen() != null) {
      recipe.stopWhen().check(model, set);
    }
    List<TokenSequence> unseen =
        recipe.unseen() == null ? List.of() : model.tokenizer().sequences(recipe.unseen());
    String digest = WeightsDigest.of(model);
    report.digest("model.before", digest);
    HealthCheck healthCheck =
        unseen.isEmpty()
            ? null
            : new HealthCheck(model, unseen, recipe.healthBound(), this::measuring);
    StoppingCriterion criterion =
        recipe.stopWhen() != null ? recipe.stopWhen() : measuredThresholds(unseen, digest);
    try (Snapshot snapshot = new Snapshot(model);
        BestWeights best = new BestWeights(model)) {
      OriginalModel original = new OriginalModel(model, snapshot);
      EpochLoop loop =
          new EpochLoop(
              recipe,
              model,
              original,
              recipe.onGiveUp() == GiveUp.KEEP_BEST ? best : null,
              set,
              retain,
              criterion,
              listener);
      try {
        Ending ending = loop.run();
        int weightsOfEpoch = loop.epoch();
        if (ending.outcome() == Outcome.GAVE_UP) {
          weightsOfEpoch = keptEpoch(loop.epoch(), best);
          ending = orPartial(ending, weightsOfEpoch);
        }
        Optional<Health> health = Optional.empty();
        if (healthCheck != null && KEPT.contains(ending.outcome())) {
          health = Optional.of(healthCheck.after());
        }
        Ending judged = orDamaged(ending, health);
        boolean restored = !KEPT.contains(judged.outcome()) && !keepsDamage(judged);
        if (restored) {
          snapshot.restore();
          weightsOfEpoch = 0;
        }
        report.digest("model.after", restored ? digest : WeightsDigest.of(model));
        ForgetReport result =
            report.build(judged, health, restored, weightsOfEpoch, criterion, loop.history());
        logger.info("{}: {}", result.outcome(), result.reason());
        listener.ended(result);
        return result;
      } catch (Throwable e) { // also checked ones that a lambda of another language lets out
        throw failed(loop.epoch(), snapshot, e);
      }
    }
  }

  static UnlearningException failed(int epoch, Snapshot snapshot, Throwable cause) {
    String fate = "the original weights are restored";
    try {
      snapshot.restore();
    } catch (RuntimeException | Error e) {
      cause.addSuppressed(e);
      fate = "the original weights could NOT be restored: load the model again";
    }
    return new UnlearningException(
        "unlearning failed in epoch %d (%s: %s); %s"
            .formatted(epoch, cause.getClass().getSimpleName(), cause.getMessage(), fate),
        cause);
  }

  /**
   * Brings the best weights back where they are wanted; returns the epoch of what is there then.
   */
  private int keptEpoch(int lastEpoch, BestWeights best) {
    return switch (recipe.onGiveUp()) {
      case RESTORE -> 0;
      case KEEP_LAST -> lastEpoch;
      case KEEP_BEST -> {
        best.restore();
        yield best.epoch();
      }
    };
  }

  /** Turns giving up into a partial result where changed weights are kept. */
  private Ending orPartial(Ending ending, int keptEpoch) {
    if (recipe.onGiveUp() == GiveUp.RESTORE || keptEpoch == 0) {
      return ending;
    }
    return new Ending(Outcome.PARTIAL, ending.reason());
  }

  private boolean keepsDamage(Ending ending) {
    return ending.outcome() == Outcome.DAMAGED && recipe.onGiveUp() == GiveUp.KEEP_LAST;
  }

  private void measuring(String what, long doneTokens, long totalTokens) {
    listener.progressed(
        new RunProgress(
            RunProgress.Phase.MEASURING, what, 0, 0, OptionalInt.empty(), doneTokens, totalTokens));
  }

  /** Thresholds of unseen text that is cut to the lengths of the set, so that both compare. */
  private StoppingCriterion measuredThresholds(List<TokenSequence> unseen, String modelDigest) {
    ExtractionLikelihood.of(recipe.order()).check(set.sequences());
    Corpus alike = Corpus.of(UnseenText.cutLike(unseen, set));
    RememberingCausalLm now = new RememberingCausalLm(model);
    now.measuring("thresholds on unseen text", alike.sequences(), this::measuring);
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(now, alike, recipe.order(), modelDigest);
    logger.info("measured {}", thresholds);
    return StoppingCriteria.forgotten(thresholds)
        .or(StoppingCriteria.maxEpochs(recipe.maxEpochs()));
  }

  /** Turns success into damage, and the best weights into none, where unseen text suffered. */
  private Ending orDamaged(Ending ending, Optional<Health> health) {
    if (health.isEmpty() || health.get().healthy()) {
      return ending;
    }
    if (ending.outcome() == Outcome.FORGOTTEN) {
      return new Ending(Outcome.DAMAGED, ending.reason() + ", but unseen text suffered");
    }
    return recipe.onGiveUp() == GiveUp.KEEP_BEST
        ? new Ending(Outcome.GAVE_UP, ending.reason() + ", and unseen text suffered")
        : ending;
  }
}
