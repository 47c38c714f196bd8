package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.Device;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import java.util.Optional;
import java.util.OptionalLong;
import org.immutables.value.Value;

/** How and where a model is loaded, and what it may take while it is used. */
@Value.Immutable
@ValueStyle
public interface LoadOptions {

  /**
   * Returns about the most bytes that decoding takes besides the weights: keys and values of
   * prompts and continuations, and what is computed at a time. Less makes smaller batches, down to
   * one row; one row is decoded whatever it takes, and so is one prompt read. If empty, half of the
   * memory that is free when decoding begins.
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

  /**
   * Returns where weights live and all is computed: {@link Device#cpu()}, {@link Device#gpu(int)},
   * or another device that DJL and PyTorch know. If empty, PyTorch's default: the first GPU it can
   * use, or the CPU. Loading refuses a device that is not there before it reads anything.
   */
  Optional<Device> device();

  /**
   * Returns whether training keeps only the input of each layer and computes what is in it once
   * more on the way back: activations of one layer at a time, for a third more time in the layers.
   * The gradients are the same. Models that do not come from a HuggingFace folder or a
   * configuration have no layers to do it with.
   */
  @Value.Default
  default boolean activationCheckpointing() {
    return false;
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
  static LoadOptions defaults() {
    return builder().build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableLoadOptions.builder();
  }

  /** Builds {@link LoadOptions}. Not thread-safe. */
  interface Builder {
    /** Sets {@link LoadOptions#decodingBytes()}. */
    @CanIgnoreReturnValue
    Builder decodingBytes(long value);

    /** Sets {@link LoadOptions#precision()}. */
    @CanIgnoreReturnValue
    Builder precision(Precision value);

    /** Sets {@link LoadOptions#device()}. */
    @CanIgnoreReturnValue
    Builder device(Device value);

    /** Sets {@link LoadOptions#activationCheckpointing()}. */
    @CanIgnoreReturnValue
    Builder activationCheckpointing(boolean value);

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if a limit is not positive
     */
    LoadOptions build();
  }
}
