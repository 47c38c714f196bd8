package dev.unlearn.spi.train;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableSet;
import dev.unlearn.api.ForgetSet;
import java.util.Set;

/** {@link Objective#withRetain}. */
final class WithRetain implements Objective {
  private final Objective objective;
  private final double weight;
  private final RetainTerm term;

  WithRetain(Objective objective, double weight, RetainTerm term) {
    this.objective = objective;
    this.weight = Weight.check(weight);
    this.term = requireNonNull(term, "term");
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    return objective.loss(context);
  }

  @Override
  public NDArray retainLoss(ObjectiveContext context) {
    NDArray weighted = Weight.apply(weight, term.loss(context.retain()));
    return objective.needs().contains(Need.RETAIN)
        ? objective.retainLoss(context).add(weighted)
        : weighted;
  }

  @Override
  public Set<Need> needs() {
    return ImmutableSet.<Need>builder()
        .addAll(objective.needs())
        .add(Need.RETAIN)
        .addAll(term.needs())
        .build();
  }

  @Override
  public int highestReferenceLayer() {
    return Math.max(objective.highestReferenceLayer(), term.highestReferenceLayer());
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    objective.check(model, set);
    term.check(model);
  }

  @Override
  public void prepare(UpdateContext update) {
    objective.prepare(update);
  }

  @Override
  public String description() {
    return "%s + %s %s".formatted(objective.description(), weight, term.description());
  }
}
