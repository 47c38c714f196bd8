package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.ValueStyle;
import java.util.OptionalLong;
import org.immutables.value.Value;

/** How a model is loaded, and what it may take while it is used. */
@Value.Immutable
@ValueStyle
public interface LoadOptions {

  /**
   * Returns about the most bytes that decoding takes besides the weights: keys and values of
   * prompts and continuations, and what is computed at a time. Less makes smaller batches, down to
   * one row; one row is decoded whatever it takes, and so is one prompt read. If empty, and for
   * models that do not come from a folder, half of the memory that is free when decoding begins.
   */
  OptionalLong decodingBytes();

  /**
   * Returns in which numbers training computes; {@link Precision#FLOAT32} by default. What is
   * measured or generated is computed in float32 in any case.
   */
  @Value.Default
  default Precision precision() {
    return Precision.FLOAT32;
  }

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(
        decodingBytes().isEmpty() || decodingBytes().getAsLong() > 0,
        "decodingBytes must be > 0, but was: %s",
        decodingBytes().orElse(0));
  }

  /** Returns the defaults. */
  static LoadOptions none() {
    return builder().build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableLoadOptions.builder();
  }

  /** Builds {@link LoadOptions}. Not thread-safe. */
  interface Builder {
    /** Sets {@link LoadOptions#decodingBytes()}. */
    Builder decodingBytes(long value);

    /** Sets {@link LoadOptions#precision()}. */
    Builder precision(Precision value);

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if a limit is not positive
     */
    LoadOptions build();
  }
}
