package dev.unlearn;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TaskVectorResult;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.Reservation;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.TaskVectorRun;

/**
 * Forgetting by task vectors: the way that weights take while they learn a set by heart, walked
 * backwards.
 */
public final class TaskVectors {
  private TaskVectors() {}

  /**
   * Negates with all defaults; see {@link #negate(TrainableCausalLm, ForgetSet,
   * TaskVectorOptions)}.
   */
  @CanIgnoreReturnValue
  public static TaskVectorResult negate(TrainableCausalLm model, ForgetSet set) {
    return negate(model, set, TaskVectorOptions.defaults());
  }

  /**
   * Takes the task vector of a forget set off the weights, in place: {@code θ ← θ − α (θ_ft − θ)},
   * with {@code θ_ft} the weights after fine-tuning on the set.
   *
   * <p>Source: Ilharco et al., <em>Editing Models with Task Arithmetic</em>, ICLR 2023, arXiv
   * 2212.04089; for unlearning as in MUSE, Shi et al., arXiv 2407.06460. It needs nothing but the
   * forget set and does not look at what else is lost, nor does it know when to stop: α decides,
   * and must be chosen with an eye on other text. {@link Unlearner} does both.
   *
   * <p>Deviations: an epoch is one update over the whole set, as everywhere here; MUSE fine-tunes
   * in batches, with a learning rate of 1e-5 along a cosine. A large set may want more epochs or a
   * higher rate: {@link TaskVectorResult#overfitLoss} tells.
   *
   * <p>Takes memory for one copy of the weights, and for the optimizer's state while it fine-tunes.
   *
   * @return the losses on the set on the way
   * @throws IllegalArgumentException if a sequence holds an id outside the vocabulary or is longer
   *     than the context, or the weights are not finite; nothing was touched
   * @throws IllegalStateException if the model, or another over the same weights, is being
   *     unlearned already, or is closed; nothing was touched
   * @throws UnlearningException if fine-tuning failed, or the new weights are not finite or
   *     useless; the original weights are back, unless the message says otherwise
   */
  @CanIgnoreReturnValue
  public static TaskVectorResult negate(
      TrainableCausalLm model, ForgetSet set, TaskVectorOptions options) {
    requireNonNull(model, "model");
    requireNonNull(set, "set");
    requireNonNull(options, "options");
    try (Reservation mine = Reservation.of(model)) {
      return new TaskVectorRun(
              model, set, options.optimizer(), options.epochs(), options.microBatchTokens())
          .negate(options.alpha());
    }
  }
}
