package dev.unlearn.examples.docs;

import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.GiveUp;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.optimizer.Schedules;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;

final class RecipesSnippets {
  private RecipesSnippets() {}

  static Unlearner full(ForgettingThresholds thresholds, Corpus unseen, Corpus retain) {
    return Unlearner.builder()
        .objective(Objectives.ceU().withRetain(20, RetainTerms.crossEntropy()))
        .retain(retain)
        .strategy(Strategies.sequential(4))
        .optimizer(
            Optimizers.adam(5e-5).withSchedule(Schedules.cosine(50).afterWarmUp(5)).clippedTo(1))
        .stopWhen(StoppingCriteria.forgotten(thresholds))
        .maxEpochs(50)
        .guard(UtilityGuards.perplexity(unseen).maxIncrease(0.05))
        .unseen(unseen)
        .onGiveUp(GiveUp.KEEP_BEST)
        .seed(42)
        .build();
  }
}
