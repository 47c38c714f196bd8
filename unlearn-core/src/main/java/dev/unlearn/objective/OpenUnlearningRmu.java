package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.List;
import java.util.Set;

/** {@link OpenUnlearning#rmu}. */
final class OpenUnlearningRmu implements Objective {
  private static final String FORGET = "open-unlearning-rmu.forget";
  private static final String RETAIN = "open-unlearning-rmu.retain";

  private final Steering steering;
  private final double retainWeight;

  OpenUnlearningRmu(Steering steering, double retainWeight) {
    this.steering = steering;
    this.retainWeight = Parameters.positive("retainWeight", retainWeight);
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    Layers.check(model, steering.layer());
  }

  @Override
  public void prepare(UpdateContext update) {
    update.memory().set(FORGET, meanInverse(update.forget()));
    update.memory().set(RETAIN, meanInverse(update.retain()));
  }

  private static double meanInverse(List<TokenSequence> sequences) {
    return sequences.stream().mapToDouble(s -> 1.0 / s.targetCount()).average().orElseThrow();
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray states = forget.pass().hiddenStates(steering.layer());
    NDArray sum = meanSum(forget, states, steering.vector(states));
    return ObjectiveOps.scale(sum, context.memory().get(FORGET, 1));
  }

  @Override
  public NDArray retainLoss(ObjectiveContext context) {
    Share retain = context.retain();
    NDArray states = retain.pass().hiddenStates(steering.layer());
    NDArray sum = meanSum(retain, states, retain.reference().hiddenStates(steering.layer()));
    return ObjectiveOps.scale(sum, retainWeight * context.memory().get(RETAIN, 1));
  }

  private static NDArray meanSum(Share share, NDArray states, NDArray target) {
    return share.sequenceMean(Targets.sums(share, ObjectiveOps.meanSquare(states, target)));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.RETAIN, Need.RETAIN_REFERENCE_STATES);
  }

  @Override
  public int highestReferenceLayer() {
    return steering.layer();
  }

  @Override
  public String description() {
    return "open-unlearning-rmu%s + %s hidden-states".formatted(steering, retainWeight);
  }
}
