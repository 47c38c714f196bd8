package dev.unlearn.spi.train;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.Sets;
import dev.unlearn.api.ForgetSet;
import java.util.Set;

/** {@link Objective#plus}. */
final class SumObjective implements Objective {
  private final Objective first;
  private final Objective second;

  SumObjective(Objective first, double weight, Objective second) {
    this.first = first;
    this.second = requireNonNull(second, "other").times(weight);
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    return first.loss(context).add(second.loss(context));
  }

  @Override
  public NDArray retainLoss(ObjectiveContext context) {
    if (!first.needs().contains(Need.RETAIN)) {
      return second.retainLoss(context);
    }
    return second.needs().contains(Need.RETAIN)
        ? first.retainLoss(context).add(second.retainLoss(context))
        : first.retainLoss(context);
  }

  @Override
  public Set<Need> needs() {
    return Sets.union(first.needs(), second.needs()).immutableCopy();
  }

  @Override
  public int highestReferenceLayer() {
    return Math.max(first.highestReferenceLayer(), second.highestReferenceLayer());
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    first.check(model, set);
    second.check(model, set);
  }

  @Override
  public void prepare(UpdateContext update) {
    first.prepare(update);
    second.prepare(update);
  }

  @Override
  public String description() {
    return first.description() + " + " + second.description();
  }
}
