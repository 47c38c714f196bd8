package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Metric;
import java.util.List;
import org.immutables.value.Value;

/** How {@link Attacks#relearning(RelearningOptions)} fine-tunes, and what it measures. */
@Value.Immutable
@ValueStyle
public interface RelearningOptions {
  /** The largest number of steps, unless another is given. */
  int DEFAULT_STEPS = 20;

  /**
   * Returns the largest number of steps; {@value #DEFAULT_STEPS} by default. It is measured after
   * 0, 1, 2, 5, 10, 20, 50, 100, ... steps and after the last.
   */
  @Value.Default
  default int steps() {
    return DEFAULT_STEPS;
  }

  /** Returns what is measured, in [0, 1], higher if known better; by default MA. */
  @Value.Default
  default Metric metric() {
    return MemorizationAccuracy.of();
  }

  /** Returns the share of the sequences that is trained on; a half by default. */
  @Value.Default
  default double share() {
    return 0.5;
  }

  /**
   * Returns related text to train on instead of a part; {@code toString} keeps it secret. None by
   * default. The attack refuses one that holds a sequence to forget or an unseen one, which would
   * be measured after it was learned by heart.
   */
  @Value.Redacted
  List<TokenSequence> neighbors();

  /** Returns how fine-tuning follows the gradient; Adam as it unlearns by default. */
  @Value.Default
  default Optimizer optimizer() {
    return Optimizers.adam(Optimizers.DEFAULT_LEARNING_RATE);
  }

  /** Returns the padded tokens per micro-batch; {@value MicroBatches#DEFAULT_TOKENS} by default. */
  @Value.Default
  default int microBatchTokens() {
    return MicroBatches.DEFAULT_TOKENS;
  }

  /** Returns the seed of the part that is drawn; 0 by default. */
  @Value.Default
  default long seed() {
    return 0;
  }

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(steps() > 0, "steps must be > 0, but was: %s", steps());
    checkArgument(share() > 0 && share() < 1, "share must be in (0, 1), but was: %s", share());
    checkArgument(
        microBatchTokens() > 0, "microBatchTokens must be > 0, but was: %s", microBatchTokens());
    Measuring.check(metric());
  }

  /** Returns the defaults. */
  static RelearningOptions defaults() {
    return builder().build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableRelearningOptions.builder();
  }

  /** Builds {@link RelearningOptions}. Not thread-safe. */
  interface Builder {
    /** Sets {@link RelearningOptions#steps()}. */
    @CanIgnoreReturnValue
    Builder steps(int value);

    /** Sets {@link RelearningOptions#metric()}. */
    @CanIgnoreReturnValue
    Builder metric(Metric value);

    /** Sets {@link RelearningOptions#share()}. */
    @CanIgnoreReturnValue
    Builder share(double value);

    /** Adds to {@link RelearningOptions#neighbors()}. */
    @CanIgnoreReturnValue
    Builder addAllNeighbors(Iterable<? extends TokenSequence> values);

    /** Sets {@link RelearningOptions#optimizer()}. */
    @CanIgnoreReturnValue
    Builder optimizer(Optimizer value);

    /** Sets {@link RelearningOptions#microBatchTokens()}. */
    @CanIgnoreReturnValue
    Builder microBatchTokens(int value);

    /** Sets {@link RelearningOptions#seed()}. */
    @CanIgnoreReturnValue
    Builder seed(long value);

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if a value is outside its range, or higher values of the
     *     metric do not mean known better
     */
    RelearningOptions build();
  }
}
