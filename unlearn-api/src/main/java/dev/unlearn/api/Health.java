package dev.unlearn.api;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.immutables.value.Value;

/** Loss and memorization accuracy on unseen text, before and after a run. */
@Value.Immutable
@ValueStyle
public interface Health {
  /** Returns the mean loss before, in nats per token over all tokens. */
  double lossBefore();

  /** Returns the mean loss after, in nats per token over all tokens. */
  double lossAfter();

  /** Returns the mean memorization accuracy before, in [0, 1]. */
  double maBefore();

  /** Returns the mean memorization accuracy after, in [0, 1]. */
  double maAfter();

  /** Returns what loss was allowed. */
  HealthBound bound();

  /** Returns whether both changes are within the bound; a NaN is not. */
  default boolean healthy() {
    return lossAfter() - lossBefore() <= bound().maxLossIncrease()
        && maBefore() - maAfter() <= bound().maxMaDrop();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableHealth.builder();
  }

  /** Builds a {@link Health}; every attribute is required. */
  interface Builder {
    /** Sets {@link Health#lossBefore()}. */
    @CanIgnoreReturnValue
    Builder lossBefore(double value);

    /** Sets {@link Health#lossAfter()}. */
    @CanIgnoreReturnValue
    Builder lossAfter(double value);

    /** Sets {@link Health#maBefore()}. */
    @CanIgnoreReturnValue
    Builder maBefore(double value);

    /** Sets {@link Health#maAfter()}. */
    @CanIgnoreReturnValue
    Builder maAfter(double value);

    /** Sets {@link Health#bound()}. */
    @CanIgnoreReturnValue
    Builder bound(HealthBound value);

    /** Returns the value. */
    Health build();
  }
}
