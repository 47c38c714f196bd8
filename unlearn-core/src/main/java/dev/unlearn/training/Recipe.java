package dev.unlearn.training;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.Objective;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an unlearner, checked and complete; at least one of {@code stopWhen} and {@code
 * unseen} is there.
 *
 * @param stopWhen null for the thresholds measured on {@code unseen}
 * @param unseen text the model never saw; null if none was given
 * @param retain text the model should keep; null if none was given
 * @param retainPerUpdate sequences of it that go into an update; 0 for as many as are forgotten
 * @param guard null for none
 * @param order n of extraction likelihood, where thresholds are to be measured
 * @param maxEpochs epochs per lot, where thresholds are to be measured
 * @param gradientLimit a larger L2 norm of a gradient ends the run
 * @hidden not API
 */
public record Recipe(
    Objective objective,
    Strategy strategy,
    Optimizer optimizer,
    @Nullable StoppingCriterion stopWhen,
    @Nullable Corpus unseen,
    @Nullable Corpus retain,
    int retainPerUpdate,
    RandomContext randomContext,
    @Nullable UtilityGuard guard,
    int order,
    int maxEpochs,
    HealthBound healthBound,
    GiveUp onGiveUp,
    int microBatchTokens,
    double gradientLimit,
    long seed) {

  /**
   * Returns the settings by name, for the report.
   *
   * @param criterion null while thresholds are not measured
   */
  Map<String, String> settings(@Nullable StoppingCriterion criterion) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("objective", objective.description());
    settings.put("strategy", strategy.description());
    settings.put("optimizer", optimizer.description());
    settings.put("stopWhen", criterion == null ? measuredLater() : criterion.description());
    settings.put("unseen", unseen == null ? "none" : unseen.toString());
    settings.put("retain", retain == null ? "none" : retain.toString());
    settings.put(
        "retainPerUpdate", retainPerUpdate == 0 ? "as many" : Integer.toString(retainPerUpdate));
    settings.put("randomContext", randomContext.toString());
    settings.put("guard", guard == null ? "none" : guard.description());
    settings.put("healthBound", healthBound.toString());
    settings.put("onGiveUp", onGiveUp.toString());
    settings.put("microBatchTokens", Integer.toString(microBatchTokens));
    settings.put("gradientLimit", Double.toString(gradientLimit));
    settings.put("seed", Long.toString(seed));
    return settings;
  }

  private String measuredLater() {
    return "forgotten(measured on unseen text, order=%d) or maxEpochs(%d)"
        .formatted(order, maxEpochs);
  }
}
