package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.OptimizerOps;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Optimizer updates of a model, each over a whole set of sequences, in micro-batches that add up to
 * the gradient of the whole set.
 */
public final class Updates implements AutoCloseable {
  private final TrainableCausalLm model;
  private final Objective objective;
  private final Set<Need> needs;
  private final List<NDArray> parameters;
  private final OptimizerState optimizer;
  private final double gradientLimit;
  private final @Nullable OriginalModel original;
  private final ObjectiveMemory memory;
  private final LossScale scale;
  private final UpdateGradient gradient;

  /**
   * Starts with a fresh optimizer and an objective that needs nothing else.
   *
   * @param microBatchTokens padded tokens per micro-batch, at least 1
   * @throws IllegalArgumentException if the objective needs more than sequences to forget
   */
  public Updates(
      TrainableCausalLm model, Objective objective, Optimizer optimizer, int microBatchTokens) {
    this(
        model,
        alone(objective),
        optimizer,
        microBatchTokens,
        Double.POSITIVE_INFINITY,
        null,
        new ObjectiveMemory());
  }

  private static Objective alone(Objective objective) {
    checkArgument(
        objective.needs().isEmpty(),
        "objective %s needs %s, which only a run has; call Unlearner.forget",
        objective.description(),
        objective.needs());
    return objective;
  }

  /**
   * Starts with a fresh optimizer.
   *
   * @param gradientLimit the largest L2 norm of a gradient that is followed
   * @param original null if the objective does not need it
   */
  Updates(
      TrainableCausalLm model,
      Objective objective,
      Optimizer optimizer,
      int microBatchTokens,
      double gradientLimit,
      @Nullable OriginalModel original,
      ObjectiveMemory memory) {
    checkArgument(
        microBatchTokens > 0, "microBatchTokens must be > 0, but was: %s", microBatchTokens);
    this.model = model;
    this.objective = objective;
    needs = objective.needs();
    gradient = new UpdateGradient(model, objective, microBatchTokens, original);
    parameters = List.copyOf(model.parameters().values());
    this.optimizer = optimizer.start(model.manager(), parameters);
    this.gradientLimit = gradientLimit;
    this.original = original;
    this.memory = memory;
    scale = new LossScale(model, memory);
    DjlCausalLm.holdHeadMemory(model);
  }

  /** Makes one update over sequences to forget, or to be taught. */
  @CanIgnoreReturnValue
  public UpdateResult update(List<TokenSequence> sequences) {
    return update(1, new UpdateData(sequences, List.of(), List.of()), unused -> {});
  }

  /**
   * Makes one update over all sequences. If the objective, the loss or the gradient is not finite,
   * or the gradient's norm beyond the limit, the weights stay as they were. A gradient that is too
   * large for 16 bits is computed again from a smaller loss first.
   *
   * @param epoch the number of this update in the run, from 1
   * @param tokensDone receives after each micro-batch the number of tokens done; it begins anew
   *     when the gradient is computed again
   */
  UpdateResult update(int epoch, UpdateData data, LongConsumer tokensDone) {
    if (needs.contains(Need.REFERENCE_LIKELIHOODS)) {
      OriginalModel.known(original).expect(data);
    }
    objective.prepare(new PreparedUpdate(epoch, data, model, original, memory));
    while (true) {
      // An update that is computed again begins with the numbers that it began with.
      ObjectiveMemory own = new ObjectiveMemory();
      memory.numbers().forEach(own::set);
      UpdateResult result = attempt(data, own, tokensDone);
      if (result.hasOverflown() && scale.halve()) {
        continue;
      }
      own.numbers().forEach(memory::set);
      if (result.isFinite()) {
        scale.wentWell();
      }
      return result;
    }
  }

  private UpdateResult attempt(UpdateData data, ObjectiveMemory own, LongConsumer tokensDone) {
    DjlCausalLm.clearGradients(model); // those that stayed, and somebody else's
    UpdateGradient.Sums sums = gradient.add(data, scale.value(), own, tokensDone);
    List<NDArray> gradients = new ArrayList<>(parameters.size());
    try {
      parameters.forEach(parameter -> gradients.add(parameter.getGradient()));
      if (scale.value() != 1) {
        OptimizerOps.scale(gradients, 1 / scale.value());
      }
      double norm = TorchOps.get().norm(model.manager(), gradients);
      UpdateResult result = new UpdateResult(sums.objective(), sums.loss(), norm);
      if (result.isFinite() && norm <= gradientLimit) {
        optimizer.update(gradients);
        DjlCausalLm.setWritten(model);
      }
      return result;
    } finally {
      gradients.forEach(NDArray::close);
      DjlCausalLm.freeGradients(model);
    }
  }

  /** Returns the optimizer's state, which is closed with this. */
  OptimizerState optimizer() {
    return optimizer;
  }

  /**
   * Frees the optimizer's state, and what passes left to each other. All gradients are zero then,
   * however the last update ended.
   */
  @Override
  public void close() {
    try {
      DjlCausalLm.releaseHeadMemory(model);
      DjlCausalLm.clearGradients(model);
    } finally {
      optimizer.close();
    }
  }
}
