package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.OptimizerOps;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
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
  private final int microBatchTokens;
  private final double gradientLimit;
  private final @Nullable OriginalModel original;
  private final ObjectiveMemory memory;
  private final LossScale scale;

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
    parameters = List.copyOf(model.parameters().values());
    this.optimizer = optimizer.start(model.manager(), parameters);
    this.microBatchTokens = microBatchTokens;
    this.gradientLimit = gradientLimit;
    this.original = original;
    this.memory = memory;
    scale = new LossScale(model, memory);
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
    Sums sums = accumulate(data, own, tokensDone);
    List<NDArray> gradients = new ArrayList<>(parameters.size());
    try {
      parameters.forEach(parameter -> gradients.add(parameter.getGradient()));
      if (scale.value() != 1) {
        OptimizerOps.scale(gradients, 1 / scale.value());
      }
      double norm = TorchOps.get().norm(model.manager(), gradients);
      UpdateResult result = new UpdateResult(sums.objective, sums.loss(), norm);
      if (result.isFinite() && norm <= gradientLimit) {
        optimizer.update(gradients);
      }
      return result;
    } finally {
      gradients.forEach(NDArray::close);
    }
  }

  /** Fills the parameters' gradients with that of the objective over all sequences. */
  private Sums accumulate(UpdateData data, ObjectiveMemory own, LongConsumer tokensDone) {
    Torch.zeroGradients(parameters); // those of the last update, or of somebody else
    Sums sums = new Sums();
    for (List<Integer> group : forgetGroups(data)) {
      forget(data, group, own, sums);
      sums.tokens += UpdateData.tokens(rows(data.forget(), group));
      sums.tokens += UpdateData.tokens(rows(data.alternatives(), group));
      tokensDone.accept(sums.tokens);
    }
    if (needs.contains(Need.RETAIN)) {
      for (List<Integer> group : MicroBatches.byLength(data.retain(), microBatchTokens)) {
        retain(data, group, own, sums);
        sums.tokens += UpdateData.tokens(rows(data.retain(), group));
        tokensDone.accept(sums.tokens);
      }
    }
    return sums;
  }

  /**
   * Groups sequences; with alternatives, which are computed beside them, half as many at a time.
   */
  private List<List<Integer>> forgetGroups(UpdateData data) {
    if (data.alternatives().isEmpty()) {
      return MicroBatches.byLength(data.forget(), microBatchTokens);
    }
    List<TokenSequence> longer =
        IntStream.range(0, data.forget().size())
            .mapToObj(i -> longer(data.forget().get(i), data.alternatives().get(i)))
            .toList();
    return MicroBatches.byLength(longer, Math.max(1, microBatchTokens / 2));
  }

  private static TokenSequence longer(TokenSequence one, TokenSequence other) {
    return one.length() >= other.length() ? one : other;
  }

  private void forget(UpdateData data, List<Integer> group, ObjectiveMemory own, Sums sums) {
    boolean likelihoods = needs.contains(Need.REFERENCE_LIKELIHOODS);
    boolean logits = needs.contains(Need.REFERENCE_LOGITS);
    try (TokenBatch batch = TokenBatch.of(model.manager(), rows(data.forget(), group));
        TokenBatch others = batchOrNull(rows(data.alternatives(), group))) {
      // The original model first: its weights may not change places under a graph.
      Reference reference = reference(batch, likelihoods, logits, false);
      Reference otherReference =
          others == null ? OriginalModel.silent() : reference(others, likelihoods, false, false);
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        Share share = share(batch, reference, data.forget());
        LazyShare otherShare =
            others == null
                ? null
                : new LazyShare(() -> share(others, otherReference, data.alternatives()));
        NDArray value = objective.loss(new MicroBatchContext(share, otherShare, null, own));
        backward(value, share, otherShare == null ? null : otherShare.askedOrNull());
        sums.objective += value.toType(DataType.FLOAT64, false).getDouble();
        if (share.pass().reachedEnd()) {
          sums.loss -= share.tokenMean(share.pass().logProbabilities()).getFloat();
        } else {
          sums.lossIsKnown = false;
        }
      }
    }
  }

  private void retain(UpdateData data, List<Integer> group, ObjectiveMemory own, Sums sums) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), rows(data.retain(), group))) {
      Reference reference =
          reference(
              batch,
              false,
              needs.contains(Need.RETAIN_REFERENCE_LOGITS),
              needs.contains(Need.RETAIN_REFERENCE_STATES));
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        Share share = share(batch, reference, data.retain());
        NDArray value = objective.retainLoss(new MicroBatchContext(null, null, share, own));
        backward(value, share, null);
        sums.objective += value.toType(DataType.FLOAT64, false).getDouble();
      }
    }
  }

  private Reference reference(
      TokenBatch batch, boolean likelihoods, boolean logits, boolean states) {
    if (!likelihoods && !logits && !states) {
      return OriginalModel.silent();
    }
    int highestLayer = states ? objective.highestReferenceLayer() : -1;
    return OriginalModel.known(original).reference(batch, likelihoods, logits, highestLayer);
  }

  private Share share(TokenBatch batch, Reference reference, List<TokenSequence> all) {
    return new Share(model.pass(batch), reference, UpdateData.targets(all), all.size());
  }

  private void backward(NDArray value, Share share, @Nullable Share other) {
    checkState(
        value.getShape().dimension() == 0,
        "objective %s must return a scalar of shape (), but returned: %s",
        objective.description(),
        value.getShape());
    // A scalar times a Java double is float64.
    NDArray rootGradient =
        share
            .pass()
            .batch()
            .manager()
            .full(new Shape(), (float) scale.value(), value.getDataType());
    Torch.backward(value, rootGradient);
    share.pass().backward();
    if (other != null) {
      other.pass().backward();
    }
  }

  private @Nullable TokenBatch batchOrNull(List<TokenSequence> rows) {
    return rows.isEmpty() ? null : TokenBatch.of(model.manager(), rows);
  }

  private static List<TokenSequence> rows(List<TokenSequence> sequences, List<Integer> group) {
    return sequences.isEmpty() ? List.of() : group.stream().map(sequences::get).toList();
  }

  /** Returns the optimizer's state, which is closed with this. */
  OptimizerState optimizer() {
    return optimizer;
  }

  /** Frees the optimizer's state. All gradients are zero then, however the last update ended. */
  @Override
  public void close() {
    try {
      Torch.zeroGradients(parameters);
    } finally {
      optimizer.close();
    }
  }

  private static final class Sums {
    double objective;
    double loss;
    long tokens;
    boolean lossIsKnown = true;

    OptionalDouble loss() {
      return lossIsKnown ? OptionalDouble.of(loss) : OptionalDouble.empty();
    }
  }
}
