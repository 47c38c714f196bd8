package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import java.util.Set;

/** {@link Objective#times}. */
final class WeightedObjective implements Objective {
  private final double weight;
  private final Objective objective;

  WeightedObjective(double weight, Objective objective) {
    this.weight = Weight.check(weight);
    this.objective = objective;
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    return Weight.apply(weight, objective.loss(context));
  }

  @Override
  public NDArray retainLoss(ObjectiveContext context) {
    return Weight.apply(weight, objective.retainLoss(context));
  }

  @Override
  public Set<Need> needs() {
    return objective.needs();
  }

  @Override
  public int highestReferenceLayer() {
    return objective.highestReferenceLayer();
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    objective.check(model, set);
  }

  @Override
  public void prepare(UpdateContext update) {
    objective.prepare(update);
  }

  @Override
  public String description() {
    return "%s (%s)".formatted(weight, objective.description());
  }
}
