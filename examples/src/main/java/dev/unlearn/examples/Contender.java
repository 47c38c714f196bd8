package dev.unlearn.examples;

import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;

/**
 * A way to forget.
 *
 * @param upperFeedForward whether only the feed-forward weights of the upper half of the layers are
 *     trained, not all weights
 * @param maxContext tokens of other text in front of what is forgotten, at most
 */
record Contender(
    String name,
    Objective objective,
    Optimizer optimizer,
    boolean upperFeedForward,
    int maxContext) {

  /** The ways to compare; docs/experiments.md says where their settings come from. */
  static List<Contender> all() {
    return List.of(
        new Contender(
            "gradient ascent", Objectives.gradientAscent(), Optimizers.adam(2e-4), false, 0),
        kept("gradient difference", Objectives.gradientAscent(), 1, 2e-4, false, 0),
        kept("WGA", Objectives.wga(1), 5, 1e-3, false, 0),
        kept("inverted hinge", Objectives.invertedHinge(), 5, 1e-3, false, 0),
        kept("NPO", Objectives.lengthNormalizedNpo(1), 5, 1e-3, false, 0),
        kept("SimNPO", Objectives.simNpo(1, 0), 5, 1e-3, false, 0),
        kept("CE-U", Objectives.ceU(), 5, 1e-3, false, 0),
        kept("CE-U", Objectives.ceU(), 20, 1e-3, true, 0),
        kept("CE-U", Objectives.ceU(), 20, 1e-3, true, 64));
  }

  private static Contender kept(
      String objective,
      Objective forget,
      double weight,
      double rate,
      boolean upperFeedForward,
      int maxContext) {
    String name =
        "%s + %.0f retain%s%s"
            .formatted(
                objective,
                weight,
                upperFeedForward ? ", upper" : "",
                maxContext > 0 ? ", context" : "");
    return new Contender(
        name,
        forget.withRetain(weight, RetainTerms.crossEntropy()),
        Optimizers.adam(rate),
        upperFeedForward,
        maxContext);
  }

  /** Returns a pattern for the names of the parameters to train. */
  String trained(TrainableCausalLm model) {
    return upperFeedForward ? Keeping.upperFeedForward(model) : ".*";
  }
}
