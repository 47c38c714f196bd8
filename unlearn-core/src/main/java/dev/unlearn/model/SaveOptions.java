package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import java.util.Optional;
import java.util.OptionalLong;
import org.immutables.value.Value;

/** How a model is written. By default as it came, and over nothing. */
@Value.Immutable
@ValueStyle
public interface SaveOptions {
  /** Returns the type to write weights in; if empty, each in the type it was loaded from. */
  Optional<WeightType> weightType();

  /** Returns whether a model that is already there is replaced. */
  @Value.Default
  default boolean overwrite() {
    return false;
  }

  /** Returns the most bytes of tensors in one file; if empty, the files are those it came in. */
  OptionalLong maxShardBytes();

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(
        maxShardBytes().isEmpty() || maxShardBytes().getAsLong() > 0,
        "maxShardBytes must be > 0, but was: %s",
        maxShardBytes().orElse(0));
  }

  /** Returns options that change nothing. */
  static SaveOptions defaults() {
    return builder().build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableSaveOptions.builder();
  }

  /** Builds {@link SaveOptions}. Not thread-safe. */
  interface Builder {
    /** Sets {@link SaveOptions#weightType()}. */
    @CanIgnoreReturnValue
    Builder weightType(WeightType value);

    /** Sets {@link SaveOptions#overwrite()}. */
    @CanIgnoreReturnValue
    Builder overwrite(boolean value);

    /** Sets {@link SaveOptions#maxShardBytes()}; a larger tensor gets a file of its own. */
    @CanIgnoreReturnValue
    Builder maxShardBytes(long value);

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if the limit is not positive
     */
    SaveOptions build();
  }
}
