package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import org.immutables.value.Value;

/** How {@link TaskVectors} fine-tunes, and how far it goes back. */
@Value.Immutable
@ValueStyle
public interface TaskVectorOptions {

  /** Returns how often the task vector is taken off; 5 by default, as in MUSE. */
  @Value.Default
  default double alpha() {
    return 5;
  }

  /** Returns the number of epochs of fine-tuning; 10 by default, as in MUSE. */
  @Value.Default
  default int epochs() {
    return 10;
  }

  /** Returns how fine-tuning follows the gradient; that of {@link Unlearner} by default. */
  @Value.Default
  default Optimizer optimizer() {
    return Optimizers.adam(Optimizers.DEFAULT_LEARNING_RATE);
  }

  /** Returns the padded tokens per micro-batch; {@value MicroBatches#DEFAULT_TOKENS} by default. */
  @Value.Default
  default int microBatchTokens() {
    return MicroBatches.DEFAULT_TOKENS;
  }

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(
        alpha() > 0 && Double.isFinite(alpha()),
        "alpha must be finite and > 0, but was: %s",
        alpha());
    checkArgument(epochs() > 0, "epochs must be > 0, but was: %s", epochs());
    checkArgument(
        microBatchTokens() > 0, "microBatchTokens must be > 0, but was: %s", microBatchTokens());
  }

  /** Returns the defaults. */
  static TaskVectorOptions defaults() {
    return builder().build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableTaskVectorOptions.builder();
  }

  /** Builds {@link TaskVectorOptions}. Not thread-safe. */
  interface Builder {
    /** Sets {@link TaskVectorOptions#alpha()}. */
    @CanIgnoreReturnValue
    Builder alpha(double value);

    /** Sets {@link TaskVectorOptions#epochs()}. */
    @CanIgnoreReturnValue
    Builder epochs(int value);

    /** Sets {@link TaskVectorOptions#optimizer()}. */
    @CanIgnoreReturnValue
    Builder optimizer(Optimizer value);

    /** Sets {@link TaskVectorOptions#microBatchTokens()}. */
    @CanIgnoreReturnValue
    Builder microBatchTokens(int value);

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if alpha is not finite and {@code > 0}, or another number
     *     not {@code > 0}
     */
    TaskVectorOptions build();
  }
}
