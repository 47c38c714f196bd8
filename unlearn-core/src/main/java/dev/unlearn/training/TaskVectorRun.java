package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TaskVectorResult;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.spi.train.TrainableCausalLm;

/**
 * Fine-tuning on a forget set and stepping back from where it led. Holds one copy of the weights,
 * and the optimizer's state while it fine-tunes.
 *
 * @hidden not API
 */
public final class TaskVectorRun {
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final Optimizer optimizer;
  private final int epochs;
  private final int microBatchTokens;
  private int epoch;

  /**
   * Prepares a run.
   *
   * @param epochs updates over the whole set, at least 1
   * @param microBatchTokens padded tokens per micro-batch, at least 1
   */
  public TaskVectorRun(
      TrainableCausalLm model,
      ForgetSet set,
      Optimizer optimizer,
      int epochs,
      int microBatchTokens) {
    this.model = model;
    this.set = set;
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.microBatchTokens = microBatchTokens;
  }

  /**
   * Changes the weights θ to {@code θ − alpha (θ_ft − θ)}.
   *
   * @throws IllegalArgumentException if the set or the weights cannot be worked with; nothing was
   *     touched
   * @throws UnlearningException if something failed after that, or is not finite; the original
   *     weights are back, unless the message says otherwise
   */
  public TaskVectorResult negate(double alpha) {
    checkArgument(
        !(model instanceof DjlCausalLm own) || !own.isAdapted(),
        "a model with an adapter has no task vector of its weights: merge the adapter, or close it");
    ModelChecks.check(model, set);
    String digest = WeightsDigest.of(model);
    try (Snapshot snapshot = new Snapshot(model)) {
      try {
        double originalLoss = fineTune();
        double overfitLoss = loss();
        snapshot.extrapolate(-alpha);
        checkState(ModelChecks.weightsAreFinite(model), "the weights became NaN or infinite");
        return new TaskVectorResult(originalLoss, overfitLoss, loss());
      } catch (Throwable e) { // also checked ones that a lambda of another language lets out
        boolean restored = new WayBack(model, snapshot, digest).restored(e);
        throw new UnlearningException(WayBack.message(epoch, restored, e), e);
      }
    }
  }

  /** Returns the loss before the first update. */
  private double fineTune() {
    double first = Double.NaN;
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), optimizer, microBatchTokens)) {
      for (int done = 0; done < epochs; done++) {
        epoch = done + 1;
        UpdateResult result = updates.update(set.sequences());
        checkState(result.isFinite(), "loss or gradient became NaN or infinite: %s", result);
        first = done == 0 ? result.loss().orElseThrow() : first;
      }
    }
    return first;
  }

  private double loss() {
    double loss = TokenLoss.of().measure(model, set.sequences()).value();
    checkState(Double.isFinite(loss), "the loss became NaN or infinite");
    return loss;
  }
}
