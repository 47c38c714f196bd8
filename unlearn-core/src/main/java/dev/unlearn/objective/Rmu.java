package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;

/** {@link Objectives#rmu}. */
final class Rmu implements Objective {
  private final Steering steering;

  Rmu(Steering steering) {
    this.steering = steering;
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    NDArray states = forget.pass().hiddenStates(steering.layer());
    return distance(forget, states, steering.vector(states));
  }

  @Override
  public void check(TrainableCausalLm model, ForgetSet set) {
    Layers.check(model, steering.layer());
  }

  /** Returns the mean over sequences of the mean over targets of the mean square over the width. */
  static NDArray distance(Share share, NDArray states, NDArray target) {
    NDArray perPosition = ObjectiveOps.meanSquare(states, target); // (B, L)
    return share.sequenceMean(Targets.sums(share, perPosition).div(Targets.counts(share)));
  }

  @Override
  public String description() {
    return "rmu" + steering;
  }
}
