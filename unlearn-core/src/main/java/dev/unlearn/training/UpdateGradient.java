package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of an objective over all sequences of an update: micro-batches of what is to be
 * forgotten, then of what is to be retained, whose gradients add up.
 */
final class UpdateGradient {
  private final TrainableCausalLm model;
  private final Objective objective;
  private final Set<Need> needs;
  private final int microBatchTokens;
  private final @Nullable OriginalModel original;

  UpdateGradient(
      TrainableCausalLm model,
      Objective objective,
      int microBatchTokens,
      @Nullable OriginalModel original) {
    this.model = model;
    this.objective = objective;
    needs = objective.needs();
    this.microBatchTokens = microBatchTokens;
    this.original = original;
  }

  /**
   * Adds the gradient to those that the parameters have.
   *
   * @param scale what the gradient is multiplied with
   * @param own what the objective remembers
   * @param tokensDone receives after each micro-batch the number of tokens done
   */
  Sums add(UpdateData data, double scale, ObjectiveMemory own, LongConsumer tokensDone) {
    Sums sums = new Sums(scale);
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
        backward(value, sums.scale, share, otherShare == null ? null : otherShare.askedOrNull());
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
        backward(value, sums.scale, share, null);
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

  private void backward(NDArray value, double scale, Share share, @Nullable Share other) {
    checkState(
        value.getShape().dimension() == 0,
        "objective %s must return a scalar of shape (), but returned: %s",
        objective.description(),
        value.getShape());
    // A scalar times a Java double is float64.
    NDArray rootGradient =
        share.pass().batch().manager().full(new Shape(), (float) scale, value.getDataType());
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

  /** What the micro-batches of an update add up to. */
  static final class Sums {
    private final double scale;
    private double objective;
    private double loss;
    private long tokens;
    private boolean lossIsKnown = true;

    private Sums(double scale) {
      this.scale = scale;
    }

    /** Returns the objective's value. */
    double objective() {
      return objective;
    }

    /** Returns the loss on what is to be forgotten; empty where passes did not reach the end. */
    OptionalDouble loss() {
      return lossIsKnown ? OptionalDouble.of(loss) : OptionalDouble.empty();
    }
  }
}
