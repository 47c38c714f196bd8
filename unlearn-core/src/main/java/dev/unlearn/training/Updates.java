package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Optimizer updates of a model, each over a whole set of sequences, in micro-batches that add up to
 * the gradient of the whole set.
 */
public final class Updates implements AutoCloseable {
  private final TrainableCausalLm model;
  private final Objective objective;
  private final List<NDArray> parameters;
  private final OptimizerState optimizer;
  private final int microBatchTokens;

  /**
   * Starts with a fresh optimizer.
   *
   * @param microBatchTokens padded tokens per micro-batch, at least 1
   */
  public Updates(
      TrainableCausalLm model, Objective objective, Optimizer optimizer, int microBatchTokens) {
    checkArgument(
        microBatchTokens > 0, "microBatchTokens must be > 0, but was: %s", microBatchTokens);
    this.model = model;
    this.objective = objective;
    parameters = List.copyOf(model.parameters().values());
    this.optimizer = optimizer.start(model.manager(), parameters);
    this.microBatchTokens = microBatchTokens;
  }

  /** Makes one update over all sequences; see {@link #update(List, LongConsumer)}. */
  @CanIgnoreReturnValue
  public UpdateResult update(List<TokenSequence> sequences) {
    return update(sequences, unused -> {});
  }

  /**
   * Makes one update over all sequences. If the objective, the loss or the gradient is not finite,
   * the weights stay as they were.
   *
   * @param tokensDone receives the number of tokens of each micro-batch when it is done
   */
  public UpdateResult update(List<TokenSequence> sequences, LongConsumer tokensDone) {
    Sums sums = accumulate(sequences, tokensDone);
    List<NDArray> gradients = new ArrayList<>(parameters.size());
    try {
      parameters.forEach(parameter -> gradients.add(parameter.getGradient()));
      double norm = TorchOps.get().norm(model.manager(), gradients);
      UpdateResult result = new UpdateResult(sums.objective, sums.loss, norm);
      if (result.isFinite()) {
        optimizer.update(gradients);
      }
      return result;
    } finally {
      gradients.forEach(NDArray::close);
      Torch.zeroGradients(parameters);
    }
  }

  /** Fills the parameters' gradients with that of the objective over all sequences. */
  private Sums accumulate(List<TokenSequence> sequences, LongConsumer tokensDone) {
    long targets = sequences.stream().mapToLong(TokenSequence::targetCount).sum();
    Torch.zeroGradients(parameters);
    Sums sums = new Sums();
    for (List<Integer> group : MicroBatches.byLength(sequences, microBatchTokens)) {
      List<TokenSequence> rows = group.stream().map(sequences::get).toList();
      try (TokenBatch batch = TokenBatch.of(model.manager(), rows);
          Torch.GradientMode on = Torch.gradientsOn()) {
        Pass pass = model.pass(batch);
        Share share = new Share(pass, targets, sequences.size());
        NDArray value = objective.loss(() -> share);
        checkState(
            value.getShape().dimension() == 0,
            "objective %s must return a scalar of shape (), but returned: %s",
            objective.description(),
            value.getShape());
        // A scalar times a Java double is float64.
        Torch.backward(value, batch.manager().ones(new Shape(), value.getDataType()));
        pass.backward();
        sums.objective += value.toType(DataType.FLOAT64, false).getDouble();
        sums.loss -= share.tokenMean(pass.logProbabilities()).getFloat();
      }
      tokensDone.accept(rows.stream().mapToLong(TokenSequence::length).sum());
    }
    return sums;
  }

  @Override
  public void close() {
    optimizer.close();
  }

  private static final class Sums {
    double objective;
    double loss;
  }
}
