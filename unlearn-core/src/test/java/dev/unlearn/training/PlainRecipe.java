package dev.unlearn.training;

import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;

/** Recipes of everything at once, for some epochs, without text beside the set. */
final class PlainRecipe {
  private PlainRecipe() {}

  static Recipe ascent(Optimizer optimizer, int epochs, GiveUp onGiveUp) {
    return of(Objectives.gradientAscent(), optimizer, epochs, onGiveUp);
  }

  static Recipe of(Objective objective, Optimizer optimizer, int epochs, GiveUp onGiveUp) {
    return new Recipe(
        objective,
        Strategies.allAtOnce(),
        optimizer,
        StoppingCriteria.maxEpochs(epochs),
        null,
        null,
        0,
        RandomContext.NONE,
        null,
        10,
        100,
        HealthBound.DEFAULT,
        onGiveUp,
        4096,
        1e6,
        1);
  }
}
